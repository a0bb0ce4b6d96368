// @ts-check
// What one component tells the others of the cell that is pointed at.

/** @typedef {{value: number, maximum: number}} CellValue a value on the cells, and the largest of its scale */

export const CELL_VALUE = "culture-cell-value";

/**
 * Tell whoever listens of the value of the cell that is pointed at; null for none.
 * @param {CellValue | null} cell
 */
export function tellValue(cell) {
  window.dispatchEvent(new CustomEvent(CELL_VALUE, { detail: cell }));
}
