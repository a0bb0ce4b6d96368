// Loss and gradients of a MyGPT on one CPU core that multiplies bf16 itself: by AMX tiles, or else by AVX-512's dot products.
//
// One quiz at a time goes forward and back, so that its activations stay in the caches. Matrix products read bfloat16 and
// add up in float32; the residual stream, its gradient and all gradients of weights stay float32. Attention never stores
// its weights: the backward pass makes them again from the log-sum-exp of each row (Dao et al. 2022, FlashAttention).
// LayerNorms come without scale and shift, which the caller folds into the matrices behind them.
//
// Names: T tokens of a quiz, D d_model, a tile is 16 rows of 64 bytes, a block is 2 x 2 tiles of float32 (32 x 32).

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

using bf16 = uint16_t;

constexpr int TILE = 16, BLOCK = 32, TILE_ELEMENTS = 512;
constexpr float LN_EPSILON = 1e-5f, LOG2E = 1.44269504088896f, LN2 = 0.69314718055995f;
constexpr float NOWHERE = 1e30f;

// ---------------------------------------------------------------- vectors of 16

inline __m512 load(const bf16* p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)p)), 16));
}
inline __m512 load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(bf16* p, __m512 v) { _mm256_storeu_si256((__m256i*)p, (__m256i)_mm512_cvtneps_pbh(v)); }
inline void store(float* p, __m512 v) { _mm512_storeu_ps(p, v); }

// 2^x for x <= 0 or so; relative error 2e-6.
inline __m512 exp2_16(__m512 x) {
    x = _mm512_max_ps(x, _mm512_set1_ps(-126.f));
    const __m512 whole = _mm512_roundscale_ps(x, 0);
    const __m512 f = _mm512_sub_ps(x, whole);
    __m512 p = _mm512_set1_ps(1.33335581e-3f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.61812911e-3f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.55041087e-2f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.40226507e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.93147182e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.f));
    return _mm512_scalef_ps(p, whole);
}

// ---------------------------------------------------------------- operands of a matrix product

// One side of a product as tiles: tile (i, k) begins at p + i * outer + k * inner, its rows `row_bytes` apart.
// As the left side its 16 rows are rows of the matrix and its 32 columns go along the sum. As the right side it must be
// packed: row r of tile (j, k) holds, for 16 columns, the pair of elements 32k + 2r and 32k + 2r + 1 along the sum.
struct Operand {
    const bf16* p;
    long outer, inner, row_bytes;
};

inline Operand rows_of(const bf16* p, long stride) { return {p, TILE * stride, 2 * TILE, 2 * stride}; }
inline Operand packed(const bf16* p, long k_tiles) { return {p, k_tiles * TILE_ELEMENTS, TILE_ELEMENTS, 64}; }

#ifdef __AMX_BF16__

// c = block (m, n) of a x b, or c += it, summed over tiles k0 to k1.
template <bool ADD>
inline void multiply(const Operand& a, const Operand& b, int m, int n, int k0, int k1, float* c, long stride) {
    const bf16 *a0 = a.p + 2 * m * a.outer, *a1 = a0 + a.outer, *b0 = b.p + 2 * n * b.outer, *b1 = b0 + b.outer;
    float *c1 = c + TILE, *c2 = c + TILE * stride, *c3 = c2 + TILE;
    if (ADD) {
        _tile_loadd(0, c, 4 * stride);
        _tile_loadd(1, c1, 4 * stride);
        _tile_loadd(2, c2, 4 * stride);
        _tile_loadd(3, c3, 4 * stride);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int k = k0; k < k1; ++k) {
        _tile_loadd(4, a0 + k * a.inner, a.row_bytes);
        _tile_loadd(6, b0 + k * b.inner, b.row_bytes);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b1 + k * b.inner, b.row_bytes);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a1 + k * a.inner, a.row_bytes);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, 4 * stride);
    _tile_stored(1, c1, 4 * stride);
    _tile_stored(2, c2, 4 * stride);
    _tile_stored(3, c3, 4 * stride);
}

struct alignas(64) TileConfig {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t columns[16] = {};
    uint8_t rows[16] = {};
    TileConfig() {
        for (int i = 0; i < 8; ++i) {
            columns[i] = 64;
            rows[i] = 16;
        }
    }
};

// The tile registers, taken while this lives.
struct MatrixUnit {
    MatrixUnit() {
        const TileConfig config;
        _tile_loadconfig(&config);
    }
    ~MatrixUnit() { _tile_release(); }
    // Whether the system lets us use them.
    static bool is_there() {
        constexpr long ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18;
        return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
    }
};

#else

constexpr int ROWS = 8;  // of c at a time: 8 x 2 sums, 2 vectors of b and one of a fit the 32 registers

// c = block (m, n) of a x b, or c += it, summed over tiles k0 to k1.
template <bool ADD>
inline void multiply(const Operand& a, const Operand& b, int m, int n, int k0, int k1, float* c, long stride) {
    const bf16 *b0 = b.p + 2 * n * b.outer, *b1 = b0 + b.outer;
    for (int top = 0; top < BLOCK; top += ROWS, c += ROWS * stride) {
        const char* left = (const char*)(a.p + (2 * m + top / TILE) * a.outer) + top % TILE * a.row_bytes;
        __m512 sums[ROWS][2];
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i) {
            sums[i][0] = ADD ? load(c + i * stride) : _mm512_setzero_ps();
            sums[i][1] = ADD ? load(c + i * stride + TILE) : _mm512_setzero_ps();
        }
        for (int k = k0; k < k1; ++k) {
            const int32_t* pairs[ROWS];
#pragma GCC unroll 8
            for (int i = 0; i < ROWS; ++i) pairs[i] = (const int32_t*)(left + 2 * k * a.inner + i * a.row_bytes);
            for (int r = 0; r < TILE; ++r) {
                const __m512bh first = (__m512bh)_mm512_loadu_si512(b0 + k * b.inner + 32 * r);
                const __m512bh second = (__m512bh)_mm512_loadu_si512(b1 + k * b.inner + 32 * r);
#pragma GCC unroll 8
                for (int i = 0; i < ROWS; ++i) {
                    const __m512bh pair = (__m512bh)_mm512_set1_epi32(pairs[i][r]);
                    sums[i][0] = _mm512_dpbf16_ps(sums[i][0], pair, first);
                    sums[i][1] = _mm512_dpbf16_ps(sums[i][1], pair, second);
                }
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i) {
            store(c + i * stride, sums[i][0]);
            store(c + i * stride + TILE, sums[i][1]);
        }
    }
}

struct MatrixUnit {
    static bool is_there() { return true; }
};

#endif

inline void product(const Operand& a, const Operand& b, int m, int n, int k0, int k1, float* c, long stride) {
    multiply<false>(a, b, m, n, k0, k1, c, stride);
}

// c += a x b, whole, where c has m_blocks x n_blocks blocks.
void accumulate(const Operand& a, const Operand& b, int m_blocks, int n_blocks, int k_tiles, float* c, long stride) {
    for (int n = 0; n < n_blocks; ++n)
        for (int m = 0; m < m_blocks; ++m) multiply<true>(a, b, m, n, 0, k_tiles, c + m * BLOCK * stride + n * BLOCK, stride);
}

// ---------------------------------------------------------------- packing

// Transpose 16 x 16 elements of 32 bits.
inline void transpose(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; ++i) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

// Pairs of rows 2r and 2r + 1 of 16 columns, side by side: a packed tile, whose sum goes along the rows of x.
inline void interleave(const bf16* x, long stride, __m512i r[16]) {
    for (int i = 0; i < 16; ++i) {
        const __m256i even = _mm256_loadu_si256((const __m256i*)(x + 2 * i * stride));
        const __m256i odd = _mm256_loadu_si256((const __m256i*)(x + (2 * i + 1) * stride));
        r[i] = _mm512_or_si512(_mm512_cvtepu16_epi32(even), _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
    }
}

inline void put(bf16* out, const __m512i r[16]) {
    for (int i = 0; i < 16; ++i) _mm512_storeu_si512(out + 32 * i, r[i]);
}

// Right side x of a product, summed along its rows: x is k_tiles * 32 rows of n_tiles * 16 columns.
void pack_right(const bf16* x, long stride, int n_tiles, int k_tiles, bf16* out) {
    __m512i r[16];
    for (int k = 0; k < k_tiles; ++k)
        for (int n = 0; n < n_tiles; ++n) {
            interleave(x + 32 * k * stride + 16 * n, stride, r);
            put(out + (long(n) * k_tiles + k) * TILE_ELEMENTS, r);
        }
}

// Right side x^T: x is n_tiles * 16 rows of k_tiles * 32 columns, summed along its columns.
void pack_right_transposed(const bf16* x, long stride, int n_tiles, int k_tiles, bf16* out) {
    __m512i r[16];
    for (int n = 0; n < n_tiles; ++n)
        for (int k = 0; k < k_tiles; ++k, out += TILE_ELEMENTS) {
            for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(x + (16 * n + i) * stride + 32 * k);
            transpose(r);
            put(out, r);
        }
}

// Left side x^T: x is k_tiles * 32 rows of m_tiles * 16 columns, summed along its rows.
void pack_left_transposed(const bf16* x, long stride, int m_tiles, int k_tiles, bf16* out) {
    __m512i r[16];
    for (int k = 0; k < k_tiles; ++k)
        for (int m = 0; m < m_tiles; ++m) {
            interleave(x + 32 * k * stride + 16 * m, stride, r);
            transpose(r);
            put(out + (long(m) * k_tiles + k) * TILE_ELEMENTS, r);
        }
}

// ---------------------------------------------------------------- memory

// Zeroed memory, aligned to a cache line.
template <class Element>
class Buffer {
  public:
    void resize(size_t n) {
        std::free(data_);
        const size_t bytes = (n * sizeof(Element) + 4095) / 4096 * 4096;
        data_ = static_cast<Element*>(std::aligned_alloc(4096, bytes));
        if (!data_) throw std::bad_alloc();
        std::memset(data_, 0, bytes);
    }
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(data_); }
    operator Element*() { return data_; }
    operator const Element*() const { return data_; }

  private:
    Element* data_ = nullptr;
};

struct Sizes {
    int32_t d, keys, values, heads, hidden, blocks, tokens, vocabulary;
    int qkv() const { return heads * (2 * keys + values); }
    int padded() const { return (tokens + BLOCK - 1) / BLOCK * BLOCK; }
};

// A matrix W (n x k) as the right side of products, both ways: x W^T and y W.
struct Weights {
    Buffer<bf16> forward, backward, rounded;
    int n = 0, k = 0;

    void resize(int rows, int columns) {
        n = (rows + BLOCK - 1) / BLOCK * BLOCK;
        k = columns;
        rounded.resize(size_t(n) * k);
        forward.resize(size_t(n) * k);
        backward.resize(size_t(n) * k);
    }
    void set(const float* w, int rows) {
        for (long i = 0; i < long(rows) * k; i += 16) store(rounded + i, load(w + i));
        pack_right_transposed(rounded, k, n / TILE, k / BLOCK, forward);
        pack_right(rounded, k, k / TILE, n / BLOCK, backward);
    }
    Operand right_forward() const { return packed(forward, k / BLOCK); }
    Operand right_backward() const { return packed(backward, n / BLOCK); }
};

struct BlockWeights {
    Weights qkv, o, in, out;  // o transposed, so that all four act as x W^T
    const float *qkv_bias, *in_bias, *out_bias;
};

struct BlockGradients {
    float *qkv, *qkv_bias, *o, *in, *in_bias, *out, *out_bias;  // qkv and in transposed: (d, n)
};

// What the backward pass needs of the forward pass, for one block and quiz.
struct Activations {
    Buffer<bf16> normed_1, qkv, mixed, normed_2, hidden;
    Buffer<float> rstd_1, rstd_2, lse;
};

// ---------------------------------------------------------------- the model

class Engine {
  public:
    explicit Engine(const Sizes& sizes);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    // Returns false when a size is not one these kernels are made for.
    static bool fits(const Sizes& s) {
        const int all = s.d | s.keys | s.values | s.hidden;
        return all % BLOCK == 0 && s.vocabulary <= TILE && s.values * s.heads == s.d;
    }
    void set_weights(const float* weights);
    void run(const uint8_t* tokens, const float* weights, int n, float* losses, float* gradients);

  private:
    void bind(float* gradients);
    void forward(const uint8_t* tokens);
    void normalise(bf16* out, float* rstd) const;
    void attend(Activations& act);
    void attend_head(Activations& act, int head);
    void loss(const uint8_t* tokens, const float* weights, float* losses, bool backward);
    void backward(const uint8_t* tokens);
    void backward_mlp(const BlockWeights& w, BlockGradients& g, Activations& act);
    void backward_attention(const BlockWeights& w, BlockGradients& g, Activations& act);
    void backward_head(const Activations& act, int head);
    void backward_norm(const bf16* dy, long width, const Weights& w, const bf16* normed, const float* rstd);
    template <class Row>
    void times(const bf16* x, const Weights& w, bool backwards, Row row);

    Sizes s;
    int T, TP, D, m_blocks;
    const float* embedding_ = nullptr;
    const float* positions_ = nullptr;
    const float* readout_bias_ = nullptr;
    Weights readout_;
    BlockWeights* blocks_;
    BlockGradients* gradients_;
    Activations* activations_;
    float *g_embedding_ = nullptr, *g_readout_ = nullptr, *g_readout_bias_ = nullptr;
    Buffer<float> x_, dx_, strip_, readout_gradient_, dots_;
    Buffer<bf16> x_rounded_, dx_rounded_, dlogits_, dhidden_, dmixed_, dqkv_;
    Buffer<bf16> left_, right_, head_[6], strip_p_, strip_ds_, ds_tiles_;
};

Engine::Engine(const Sizes& sizes) : s(sizes), T(s.tokens), TP(s.padded()), D(s.d), m_blocks(TP / BLOCK) {
    blocks_ = new BlockWeights[s.blocks];
    gradients_ = new BlockGradients[s.blocks];
    activations_ = new Activations[s.blocks];
    const int widest = s.hidden > s.qkv() ? s.hidden : s.qkv();
    for (int b = 0; b < s.blocks; ++b) {
        blocks_[b].qkv.resize(s.qkv(), D);
        blocks_[b].o.resize(D, D);
        blocks_[b].in.resize(s.hidden, D);
        blocks_[b].out.resize(D, s.hidden);
        Activations& act = activations_[b];
        act.normed_1.resize(TP * D);
        act.normed_2.resize(TP * D);
        act.mixed.resize(TP * D);
        act.qkv.resize(TP * s.qkv());
        act.hidden.resize(TP * s.hidden);
        act.rstd_1.resize(TP);
        act.rstd_2.resize(TP);
        act.lse.resize(TP * s.heads);
    }
    readout_.resize(s.vocabulary, D);
    x_.resize(TP * D);
    dx_.resize(TP * D);
    x_rounded_.resize(TP * D);
    dx_rounded_.resize(TP * D);
    dlogits_.resize(TP * BLOCK);
    dhidden_.resize(TP * s.hidden);
    dmixed_.resize(TP * D);
    dqkv_.resize(TP * s.qkv());
    strip_.resize(BLOCK * (TP > widest ? TP : widest));
    readout_gradient_.resize(BLOCK * D);
    dots_.resize(TP);
    left_.resize(TP * (D > BLOCK ? D : BLOCK));
    right_.resize(TP * widest);
    for (auto& buffer : head_) buffer.resize(TP * (s.keys > s.values ? s.keys : s.values));
    strip_p_.resize(BLOCK * TP);
    strip_ds_.resize(BLOCK * TP);
    ds_tiles_.resize(TP * TP);
}

Engine::~Engine() {
    delete[] blocks_;
    delete[] gradients_;
    delete[] activations_;
}

// The folded weights, flat: embedding (v, d), positions (t, d), a block's qkv (n, d) and its bias, o (d, d) as out x in, in (h, d),
// its bias, out (d, h), its bias; readout (v, d) and its bias.
void Engine::set_weights(const float* w) {
    auto take = [&w](long n) {
        const float* here = w;
        w += n;
        return here;
    };
    embedding_ = take(s.vocabulary * D);
    positions_ = take(T * D);
    for (int b = 0; b < s.blocks; ++b) {
        BlockWeights& block = blocks_[b];
        block.qkv.set(take(s.qkv() * D), s.qkv());
        block.qkv_bias = take(s.qkv());
        block.o.set(take(D * D), D);
        block.in.set(take(s.hidden * D), s.hidden);
        block.in_bias = take(s.hidden);
        block.out.set(take(D * s.hidden), D);
        block.out_bias = take(D);
    }
    readout_.set(take(s.vocabulary * D), s.vocabulary);
    readout_bias_ = take(s.vocabulary);
}

// Gradients lie in the order of the weights, without the positions; qkv, o and in are transposed.
void Engine::bind(float* g) {
    auto take = [&g](long n) {
        float* here = g;
        g += n;
        return here;
    };
    g_embedding_ = take(s.vocabulary * D);
    for (int b = 0; b < s.blocks; ++b) {
        BlockGradients& block = gradients_[b];
        block.qkv = take(s.qkv() * D);
        block.qkv_bias = take(s.qkv());
        block.o = take(D * D);
        block.in = take(s.hidden * D);
        block.in_bias = take(s.hidden);
        block.out = take(D * s.hidden);
        block.out_bias = take(D);
    }
    g_readout_ = take(s.vocabulary * D);
    g_readout_bias_ = take(s.vocabulary);
}

void Engine::run(const uint8_t* tokens, const float* weights, int n, float* losses, float* gradients) {
    if (gradients) bind(gradients);
    for (int i = 0; i < n; ++i) {
        forward(tokens + long(i) * T);
        loss(tokens + long(i) * T, weights + long(i) * T, losses + long(i) * T, gradients != nullptr);
        if (gradients) backward(tokens + long(i) * T);
    }
}

// row(t, first column, 32 float32) for every token and 32 columns of x W^T, or of x W when backwards.
template <class Row>
void Engine::times(const bf16* x, const Weights& w, bool backwards, Row row) {
    const int n = backwards ? w.k : w.n, k = backwards ? w.n : w.k;
    const Operand left = rows_of(x, k), right = backwards ? w.right_backward() : w.right_forward();
    alignas(64) float c[BLOCK * BLOCK];
    for (int m = 0; m < m_blocks; ++m)
        for (int j = 0; j < n / BLOCK; ++j) {
            product(left, right, m, j, 0, k / BLOCK, c, BLOCK);
            const int last = T - m * BLOCK < BLOCK ? T - m * BLOCK : BLOCK;
            for (int r = 0; r < last; ++r) row(m * BLOCK + r, j * BLOCK, c + r * BLOCK);
        }
}

void Engine::normalise(bf16* out, float* rstd) const {
    for (int t = 0; t < T; ++t) {
        const float* x = x_ + long(t) * D;
        __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
        for (int i = 0; i < D; i += 16) sum = _mm512_add_ps(sum, load(x + i));
        const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / D);
        for (int i = 0; i < D; i += 16) {
            const __m512 v = _mm512_sub_ps(load(x + i), mean);
            squares = _mm512_fmadd_ps(v, v, squares);
        }
        rstd[t] = 1 / std::sqrt(_mm512_reduce_add_ps(squares) / D + LN_EPSILON);
        const __m512 scale = _mm512_set1_ps(rstd[t]);
        for (int i = 0; i < D; i += 16) store(out + long(t) * D + i, _mm512_mul_ps(_mm512_sub_ps(load(x + i), mean), scale));
    }
}

void Engine::forward(const uint8_t* tokens) {
    for (int t = 0; t < T; ++t) {
        const float* e = embedding_ + (t ? tokens[t - 1] : 0) * long(D);
        for (int i = 0; i < D; i += 16) store(x_ + long(t) * D + i, _mm512_add_ps(load(e + i), load(positions_ + long(t) * D + i)));
    }
    float* x = x_;
    for (int b = 0; b < s.blocks; ++b) {
        BlockWeights& w = blocks_[b];
        Activations& act = activations_[b];
        normalise(act.normed_1, act.rstd_1);
        bf16 *qkv = act.qkv, *hidden = act.hidden;
        times(act.normed_1, w.qkv, false, [&](int t, int j, const float* c) {
            for (int i = 0; i < BLOCK; i += 16) store(qkv + long(t) * s.qkv() + j + i, _mm512_add_ps(load(c + i), load(w.qkv_bias + j + i)));
        });
        attend(act);
        times(act.mixed, w.o, false, [&](int t, int j, const float* c) {
            float* out = x + long(t) * D + j;
            for (int i = 0; i < BLOCK; i += 16) store(out + i, _mm512_add_ps(load(out + i), load(c + i)));
        });
        normalise(act.normed_2, act.rstd_2);
        times(act.normed_2, w.in, false, [&](int t, int j, const float* c) {
            for (int i = 0; i < BLOCK; i += 16) {
                const __m512 v = _mm512_add_ps(load(c + i), load(w.in_bias + j + i));
                store(hidden + long(t) * s.hidden + j + i, _mm512_max_ps(v, _mm512_setzero_ps()));
            }
        });
        times(act.hidden, w.out, false, [&](int t, int j, const float* c) {
            float* out = x + long(t) * D + j;
            for (int i = 0; i < BLOCK; i += 16)
                store(out + i, _mm512_add_ps(load(out + i), _mm512_add_ps(load(c + i), load(w.out_bias + j + i))));
        });
    }
}

void Engine::attend(Activations& act) {
    for (int head = 0; head < s.heads; ++head) attend_head(act, head);
}

void Engine::attend_head(Activations& act, int head) {
    const int width = s.qkv();
    const bf16* q = act.qkv + head * s.keys;
    const bf16* k = q + s.heads * s.keys;
    const bf16* v = act.qkv + 2 * s.heads * s.keys + head * s.values;
    pack_right_transposed(k, width, TP / TILE, s.keys / BLOCK, head_[0]);
    pack_right(v, width, s.values / TILE, m_blocks, head_[1]);
    const Operand queries = rows_of(q, width), keys = packed(head_[0], s.keys / BLOCK);
    const Operand weights = rows_of(strip_p_, TP), values = packed(head_[1], m_blocks);
    const float scale = LOG2E / std::sqrt(float(s.keys));
    float* lse = act.lse + long(head) * TP;
    alignas(64) float c[BLOCK * BLOCK], inverse[BLOCK];
    for (int m = 0; m < m_blocks; ++m) {
        for (int n = 0; n <= m; ++n) product(queries, keys, m, n, 0, s.keys / BLOCK, strip_ + n * BLOCK, TP);
        const int rows = T - m * BLOCK < BLOCK ? T - m * BLOCK : BLOCK;
        for (int r = 0; r < rows; ++r) {
            const int last = m * BLOCK + r, whole = last / 16 * 16, end = (m + 1) * BLOCK;
            const __mmask16 seen = (2u << (last - whole)) - 1;
            float* scores = strip_ + long(r) * TP;
            bf16* out = strip_p_ + long(r) * TP;
            __m512 highest = _mm512_mask_loadu_ps(_mm512_set1_ps(-NOWHERE), seen, scores + whole);
            for (int i = 0; i < whole; i += 16) highest = _mm512_max_ps(highest, load(scores + i));
            const float top = scale * _mm512_reduce_max_ps(highest);
            const __m512 factor = _mm512_set1_ps(scale), shift = _mm512_set1_ps(-top);
            __m512 sum = _mm512_setzero_ps();
            for (int i = 0; i < whole; i += 16) {
                const __m512 p = exp2_16(_mm512_fmadd_ps(load(scores + i), factor, shift));
                sum = _mm512_add_ps(sum, p);
                store(out + i, p);
            }
            const __m512 p = _mm512_maskz_mov_ps(seen, exp2_16(_mm512_fmadd_ps(load(scores + whole), factor, shift)));
            sum = _mm512_add_ps(sum, p);
            store(out + whole, p);
            for (int i = whole + 16; i < end; i += 16) store(out + i, _mm512_setzero_ps());
            const float total = _mm512_reduce_add_ps(sum);
            inverse[r] = 1 / total;
            lse[last] = top + std::log2(total);
        }
        for (int n = 0; n < s.values / BLOCK; ++n) {
            product(weights, values, 0, n, 0, m + 1, c, BLOCK);
            for (int r = 0; r < rows; ++r)
                for (int i = 0; i < BLOCK; i += 16)
                    store(act.mixed + long(m * BLOCK + r) * D + head * s.values + n * BLOCK + i,
                          _mm512_mul_ps(load(c + r * BLOCK + i), _mm512_set1_ps(inverse[r])));
        }
    }
    for (int t = T; t < TP; ++t) lse[t] = NOWHERE;
}

void Engine::loss(const uint8_t* tokens, const float* weights, float* losses, bool backward) {
    for (long i = 0; i < long(T) * D; i += 16) store(x_rounded_ + i, load(x_ + i));
    const __mmask16 real = (1u << s.vocabulary) - 1;
    const __m512 bias = _mm512_maskz_loadu_ps(real, readout_bias_);
    __m512 sum_of_gradients = _mm512_setzero_ps();
    times(x_rounded_, readout_, false, [&](int t, int, const float* c) {
        const __m512 logits = _mm512_mask_add_ps(_mm512_set1_ps(-NOWHERE), real, load(c), bias);
        const float top = _mm512_reduce_max_ps(logits);
        const __m512 shifted = _mm512_mul_ps(_mm512_sub_ps(logits, _mm512_set1_ps(top)), _mm512_set1_ps(LOG2E));
        const __m512 p = _mm512_maskz_mov_ps(real, exp2_16(shifted));
        const float total = _mm512_reduce_add_ps(p);
        const __mmask16 target = 1u << tokens[t];
        losses[t] = LN2 * std::log2(total) + top - _mm512_mask_reduce_add_ps(target, logits);
        if (!backward) return;
        __m512 g = _mm512_mul_ps(p, _mm512_set1_ps(weights[t] / total));
        g = _mm512_mask_sub_ps(g, target, g, _mm512_set1_ps(weights[t]));
        sum_of_gradients = _mm512_add_ps(sum_of_gradients, g);
        store(dlogits_ + long(t) * BLOCK, g);
    });
    if (backward) {
        const __m512 old = _mm512_maskz_loadu_ps(real, g_readout_bias_);
        _mm512_mask_storeu_ps(g_readout_bias_, real, _mm512_add_ps(old, sum_of_gradients));
    }
}

void Engine::backward(const uint8_t* tokens) {
    pack_left_transposed(dlogits_, BLOCK, BLOCK / TILE, m_blocks, left_);
    pack_right(x_rounded_, D, D / TILE, m_blocks, right_);
    std::memset(readout_gradient_, 0, sizeof(float) * BLOCK * D);
    accumulate(packed(left_, m_blocks), packed(right_, m_blocks), 1, D / BLOCK, m_blocks, readout_gradient_, D);
    for (int i = 0; i < s.vocabulary * D; ++i) g_readout_[i] += readout_gradient_[i];
    float* dx = dx_;
    times(dlogits_, readout_, true, [&](int t, int j, const float* c) { std::memcpy(dx + long(t) * D + j, c, sizeof(float) * BLOCK); });
    for (int b = s.blocks - 1; b >= 0; --b) {
        backward_mlp(blocks_[b], gradients_[b], activations_[b]);
        backward_attention(blocks_[b], gradients_[b], activations_[b]);
    }
    for (int t = 0; t < T; ++t) {
        float* e = g_embedding_ + (t ? tokens[t - 1] : 0) * long(D);
        for (int i = 0; i < D; i += 16) store(e + i, _mm512_add_ps(load(e + i), load(dx + long(t) * D + i)));
    }
}

inline void add_column_sums(const bf16* x, int rows, int columns, float* sums) {
    for (int t = 0; t < rows; ++t)
        for (int j = 0; j < columns; j += 16) store(sums + j, _mm512_add_ps(load(sums + j), load(x + long(t) * columns + j)));
}

void Engine::backward_mlp(const BlockWeights& w, BlockGradients& g, Activations& act) {
    for (long i = 0; i < long(T) * D; i += 16) store(dx_rounded_ + i, load(dx_ + i));
    add_column_sums(dx_rounded_, T, D, g.out_bias);
    pack_left_transposed(dx_rounded_, D, D / TILE, m_blocks, left_);
    pack_right(act.hidden, s.hidden, s.hidden / TILE, m_blocks, right_);
    accumulate(packed(left_, m_blocks), packed(right_, m_blocks), D / BLOCK, s.hidden / BLOCK, m_blocks, g.out, s.hidden);
    const bf16* hidden = act.hidden;
    bf16* dhidden = dhidden_;
    times(dx_rounded_, w.out, true, [&](int t, int j, const float* c) {
        const long at = long(t) * s.hidden + j;
        for (int i = 0; i < BLOCK; i += 16) {
            const __mmask16 on = _mm512_cmp_ps_mask(load(hidden + at + i), _mm512_setzero_ps(), _CMP_GT_OQ);
            store(dhidden + at + i, _mm512_maskz_mov_ps(on, load(c + i)));
        }
    });
    add_column_sums(dhidden_, T, s.hidden, g.in_bias);
    pack_left_transposed(act.normed_2, D, D / TILE, m_blocks, left_);
    pack_right(dhidden_, s.hidden, s.hidden / TILE, m_blocks, right_);
    accumulate(packed(left_, m_blocks), packed(right_, m_blocks), D / BLOCK, s.hidden / BLOCK, m_blocks, g.in, s.hidden);
    backward_norm(dhidden_, s.hidden, w.in, act.normed_2, act.rstd_2);
}

// Through a matrix (dy W) and the LayerNorm before it, into the gradient of the residual stream.
void Engine::backward_norm(const bf16* dy, long width, const Weights& w, const bf16* normed, const float* rstd) {
    const Operand left = rows_of(dy, width), right = w.right_backward();
    for (int m = 0; m < m_blocks; ++m) {
        for (int n = 0; n < D / BLOCK; ++n) product(left, right, m, n, 0, width / BLOCK, strip_ + n * BLOCK, D);
        for (int r = 0; r < BLOCK && m * BLOCK + r < T; ++r) {
            const int t = m * BLOCK + r;
            const float* d = strip_ + long(r) * D;
            const bf16* y = normed + long(t) * D;
            float* out = dx_ + long(t) * D;
            __m512 sum = _mm512_setzero_ps(), along = _mm512_setzero_ps();
            for (int i = 0; i < D; i += 16) {
                sum = _mm512_add_ps(sum, load(d + i));
                along = _mm512_fmadd_ps(load(d + i), load(y + i), along);
            }
            const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / D);
            const __m512 slope = _mm512_set1_ps(_mm512_reduce_add_ps(along) / D);
            const __m512 scale = _mm512_set1_ps(rstd[t]);
            for (int i = 0; i < D; i += 16) {
                const __m512 inner = _mm512_fnmadd_ps(slope, load(y + i), _mm512_sub_ps(load(d + i), mean));
                store(out + i, _mm512_fmadd_ps(inner, scale, load(out + i)));
            }
        }
    }
}

void Engine::backward_attention(const BlockWeights& w, BlockGradients& g, Activations& act) {
    for (long i = 0; i < long(T) * D; i += 16) store(dx_rounded_ + i, load(dx_ + i));
    pack_left_transposed(act.mixed, D, D / TILE, m_blocks, left_);
    pack_right(dx_rounded_, D, D / TILE, m_blocks, right_);
    accumulate(packed(left_, m_blocks), packed(right_, m_blocks), D / BLOCK, D / BLOCK, m_blocks, g.o, D);
    bf16* dmixed = dmixed_;
    times(dx_rounded_, w.o, true, [&](int t, int j, const float* c) {
        for (int i = 0; i < BLOCK; i += 16) store(dmixed + long(t) * D + j + i, load(c + i));
    });
    for (int head = 0; head < s.heads; ++head) backward_head(act, head);
    const int width = s.qkv();
    add_column_sums(dqkv_, T, width, g.qkv_bias);
    pack_left_transposed(act.normed_1, D, D / TILE, m_blocks, left_);
    pack_right(dqkv_, width, width / TILE, m_blocks, right_);
    accumulate(packed(left_, m_blocks), packed(right_, m_blocks), D / BLOCK, width / BLOCK, m_blocks, g.qkv, width);
    backward_norm(dqkv_, width, w.qkv, act.normed_1, act.rstd_1);
}

// Attention backwards, by strips of 32 keys against all queries from the first of them on.
void Engine::backward_head(const Activations& act, int head) {
    const int width = s.qkv(), key_tiles = s.keys / BLOCK, value_tiles = s.values / BLOCK;
    const long at_q = head * s.keys, at_k = at_q + s.heads * s.keys, at_v = 2 * s.heads * s.keys + head * s.values;
    const bf16 *q = act.qkv + at_q, *k = act.qkv + at_k, *v = act.qkv + at_v, *d_out = dmixed_ + head * s.values;
    pack_right_transposed(q, width, TP / TILE, key_tiles, head_[0]);
    pack_right_transposed(d_out, D, TP / TILE, value_tiles, head_[1]);
    pack_right(q, width, s.keys / TILE, m_blocks, head_[2]);
    pack_right(d_out, D, s.values / TILE, m_blocks, head_[3]);
    pack_right(k, width, s.keys / TILE, m_blocks, head_[4]);
    const Operand keys = rows_of(k, width), values = rows_of(v, width);
    const Operand queries_t = packed(head_[0], key_tiles), d_out_t = packed(head_[1], value_tiles);
    const Operand strip_p = rows_of(strip_p_, TP), strip_ds = rows_of(strip_ds_, TP);
    for (int t = 0; t < T; ++t) {
        __m512 sum = _mm512_setzero_ps();
        for (int i = 0; i < s.values; i += 16)
            sum = _mm512_fmadd_ps(load(d_out + long(t) * D + i), load(act.mixed + long(t) * D + head * s.values + i), sum);
        dots_[t] = _mm512_reduce_add_ps(sum);
    }
    const float root = 1 / std::sqrt(float(s.keys));
    const __m512 scale = _mm512_set1_ps(root * LOG2E), raw_scale = _mm512_set1_ps(root);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const float* lse = act.lse + long(head) * TP;
    alignas(64) float scores[BLOCK * BLOCK], d_p[BLOCK * BLOCK];
    auto write = [&](long column, int m, int n) {
        for (int r = 0; r < BLOCK && m * BLOCK + r < T; ++r)
            for (int i = 0; i < BLOCK; i += 16)
                store(dqkv_ + long(m * BLOCK + r) * width + column + n * BLOCK + i, load(scores + r * BLOCK + i));
    };
    for (int m = 0; m < m_blocks; ++m) {
        for (int n = m; n < m_blocks; ++n) {
            product(keys, queries_t, m, n, 0, key_tiles, scores, BLOCK);
            product(values, d_out_t, m, n, 0, value_tiles, d_p, BLOCK);
            for (int i = 0; i < BLOCK; i += 16) {
                const int query = n * BLOCK + i;
                const __m512 minus_lse = _mm512_sub_ps(_mm512_setzero_ps(), load(lse + query)), dot = load(dots_ + query);
                for (int r = 0; r < BLOCK; ++r) {
                    const __mmask16 seen = n > m ? 0xffff : _mm512_cmpge_epi32_mask(lanes, _mm512_set1_epi32(r - i));
                    const __m512 exponent = _mm512_fmadd_ps(load(scores + r * BLOCK + i), scale, minus_lse);
                    const __m512 p = _mm512_maskz_mov_ps(seen, exp2_16(exponent));
                    const __m512 ds = _mm512_mul_ps(_mm512_mul_ps(p, raw_scale), _mm512_sub_ps(load(d_p + r * BLOCK + i), dot));
                    store(strip_p_ + long(r) * TP + query, p);
                    store(strip_ds_ + long(r) * TP + query, ds);
                }
            }
            for (int tile = 0; tile < 2; ++tile) {
                __m512i r[16];
                interleave(strip_ds_ + n * BLOCK + tile * TILE, TP, r);
                transpose(r);
                put(ds_tiles_ + (long(2 * n + tile) * m_blocks + m) * TILE_ELEMENTS, r);
            }
        }
        for (int n = 0; n < value_tiles; ++n) {
            product(strip_p, packed(head_[3], m_blocks), 0, n, m, m_blocks, scores, BLOCK);
            write(at_v, m, n);
        }
        for (int n = 0; n < key_tiles; ++n) {
            product(strip_ds, packed(head_[2], m_blocks), 0, n, m, m_blocks, scores, BLOCK);
            write(at_k, m, n);
        }
    }
    for (int m = 0; m < m_blocks; ++m)
        for (int n = 0; n < key_tiles; ++n) {
            product(packed(ds_tiles_, m_blocks), packed(head_[4], m_blocks), m, n, 0, m + 1, scores, BLOCK);
            write(at_q, m, n);
        }
}

// ---------------------------------------------------------------- Muon

// One matrix through Newton-Schulz iterations, x <- a x + (b g + c g g) x with g = x x^T: see muon.py.
class Orthogonaliser {
  public:
    Orthogonaliser(int rows, int columns) : rows_(rows), columns_(columns) {
        x_.resize(rows * columns);
        packed_.resize(rows * columns);
        wide_.resize(rows * columns);
        gram_.resize(rows * rows);
        packed_gram_.resize(rows * rows);
        polynomial_.resize(rows * rows);
    }
    void run(float* x, int steps, const float* coefficients) {
        const long n = long(rows_) * columns_;
        __m512 squares = _mm512_setzero_ps();
        for (long i = 0; i < n; i += 16) squares = _mm512_fmadd_ps(load(x + i), load(x + i), squares);
        const __m512 scale = _mm512_set1_ps(1 / (std::sqrt(_mm512_reduce_add_ps(squares)) + 1e-7f));
        for (long i = 0; i < n; i += 16) store(x_ + i, _mm512_mul_ps(load(x + i), scale));
        for (int step = 0; step < steps; ++step) iterate(coefficients);
        for (long i = 0; i < n; i += 16) store(x + i, load(x_ + i));
    }

  private:
    void iterate(const float* coefficients) {
        const __m512 a = _mm512_set1_ps(coefficients[0]), b = _mm512_set1_ps(coefficients[1]), c = _mm512_set1_ps(coefficients[2]);
        const int r = rows_ / BLOCK, k = columns_ / BLOCK;
        pack_right_transposed(x_, columns_, rows_ / TILE, k, packed_);
        each_block(rows_of(x_, columns_), packed(packed_, k), r, k, [&](long at, const float* out) { store(gram_ + at, load(out)); });
        pack_right(gram_, rows_, rows_ / TILE, r, packed_gram_);
        each_block(rows_of(gram_, rows_), packed(packed_gram_, r), r, r, [&](long at, const float* out) {
            store(polynomial_ + at, _mm512_fmadd_ps(c, load(out), _mm512_mul_ps(b, load(gram_ + at))));
        });
        pack_right(x_, columns_, columns_ / TILE, r, wide_);
        each_block(rows_of(polynomial_, rows_), packed(wide_, r), k, r, [&](long at, const float* out) {
            store(x_ + at, _mm512_fmadd_ps(a, load(x_ + at), load(out)));
        });
    }
    // done(place of 16 elements in the result, their values) for a product of rows_ rows and n_blocks blocks of columns.
    template <class Done>
    void each_block(const Operand& left, const Operand& right, int n_blocks, int k_tiles, Done done) {
        alignas(64) float c[BLOCK * BLOCK];
        for (int m = 0; m < rows_ / BLOCK; ++m)
            for (int n = 0; n < n_blocks; ++n) {
                product(left, right, m, n, 0, k_tiles, c, BLOCK);
                for (int i = 0; i < BLOCK * BLOCK; i += 16)
                    done((long(m) * BLOCK + i / BLOCK) * n_blocks * BLOCK + n * BLOCK + i % BLOCK, c + i);
            }
    }
    int rows_, columns_;
    Buffer<bf16> x_, packed_, wide_, gram_, packed_gram_, polynomial_;
};

}  // namespace

extern "C" {

// A new engine, or null when the sizes do not fit or the system does not let us use the matrix unit.
void* culture_engine_new(const Sizes* sizes) {
    if (!Engine::fits(*sizes) || !MatrixUnit::is_there()) return nullptr;
    return new (std::nothrow) Engine(*sizes);
}

// Orthogonalise n matrices (rows x columns, rows <= columns, multiples of 32) in place; returns whether that is possible here.
bool culture_orthogonalise(float* x, int n, int rows, int columns, int steps, const float* coefficients) {
    if ((rows | columns) % BLOCK || !MatrixUnit::is_there()) return false;
    [[maybe_unused]] const MatrixUnit unit;
    Orthogonaliser work(rows, columns);
    for (int i = 0; i < n; ++i) work.run(x + long(i) * rows * columns, steps, coefficients);
    return true;
}

void culture_engine_free(void* engine) { delete static_cast<Engine*>(engine); }

// tokens (n, t) uint8; token_weights (n, t), scaled; losses (n, t) out; gradients added to (null: forward only).
void culture_engine_run(void* engine, const float* weights, const uint8_t* tokens, const float* token_weights, int n, float* losses, float* gradients) {
    [[maybe_unused]] const MatrixUnit unit;
    auto* self = static_cast<Engine*>(engine);
    self->set_weights(weights);
    self->run(tokens, token_weights, n, losses, gradients);
}
}
