// Sums of products of sparse activations: total[i, j] += sum over tokens of a[token, i] * b[token, j].
//
// One row of `total` (the features of b) stays in the nearest cache while the tokens of a feature of a are
// read; a chunk of tokens of b at a time stays in the next one.

#include <cstdint>

extern "C" void culture_cofiring(
    std::int64_t n_a, std::int64_t n_b,
    // by feature of a: starts (n_a + 1), token, value
    const std::int64_t* a_start, const std::int32_t* a_token, const double* a_value,
    // by token of b: starts (tokens + 1), feature, value
    const std::int64_t* b_start, const std::int32_t* b_feature, const double* b_value,
    double* total) {
    for (std::int64_t i = 0; i < n_a; ++i) {
        double* row = total + i * n_b;
        for (std::int64_t entry = a_start[i]; entry < a_start[i + 1]; ++entry) {
            const double x = a_value[entry];
            const std::int64_t token = a_token[entry];
            for (std::int64_t k = b_start[token]; k < b_start[token + 1]; ++k) {
                row[b_feature[k]] += x * b_value[k];
            }
        }
    }
}
