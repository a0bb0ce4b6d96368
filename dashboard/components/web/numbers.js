// @ts-check
// Numbers as they are written and kept within bounds.

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/**
 * A number with three digits that count.
 * @param {number} value
 */
export function number(value) {
  if (value === 0) return "0";
  const plain = Math.abs(value) >= 0.01 && Math.abs(value) < 10000;
  return plain ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
