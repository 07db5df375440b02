/* Runs carries.mlir, layers.mlir and until.mlir at 0, 1, 2, 7 and 8 steps and compares with plain loops.
 * Scratch has exactly the bytes that the companion asks for and, as all destinations, holds NaN before a
 * call. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A memref of rank up to 4; sizes lie before strides, so the rank says where. */
typedef struct {
  void *allocated, *aligned;
  long offset, dims[8];
} Ref;

static Ref ref(void *data, int rank, const long *n) {
  Ref r = {data, data, 0, {0}};
  long stride = 1;
  for (int i = rank - 1; i >= 0; i--) {
    r.dims[i] = n[i];
    r.dims[rank + i] = stride;
    stride *= n[i];
  }
  return r;
}
#define REF(data, ...) ref(data, sizeof((long[]){__VA_ARGS__}) / sizeof(long), (long[]){__VA_ARGS__})

enum { CANARY = 64 };
static float *nans(long n) {
  char *p = aligned_alloc(64, (n * 4 + CANARY + 63) / 64 * 64);
  memset(p, 0xff, n * 4 + CANARY);
  return (float *)p;
}
static float *rnd(long n) {
  float *p = nans(n);
  for (long i = 0; i < n; i++)
    p[i] = rand() / (float)RAND_MAX - 0.5f;
  return p;
}
static float *dup(const float *s, long n) {
  float *p = nans(n);
  memcpy(p, s, n * 4);
  return p;
}

static int bad;
static void compare(const char *what, long T, const float *got, const float *want, long n) {
  double worst = 0;
  for (long i = 0; i < n; i++) {
    double d = fabs((double)got[i] - want[i]);
    if (!(d <= worst))
      worst = d;
  }
  for (int i = 0; i < CANARY; i++)
    if (((const unsigned char *)(got + n))[i] != 0xff)
      worst = INFINITY;
  if (!(worst < 1e-5)) {
    bad = 1;
    printf("%s, T = %ld: wrong by %g\n", what, T, worst);
  }
}

/* RUN(entry, (indices), tensors...): one call with a fresh arena. */
static Ref arena;
static long arenaBytes;
static Ref *take(long bytes) {
  arenaBytes = bytes;
  char *p = aligned_alloc(64, (bytes + CANARY + 63) / 64 * 64);
  memset(p, 0xff, bytes + CANARY);
  arena = REF(p, bytes);
  return &arena;
}
static void give(const char *what) {
  unsigned char *p = arena.aligned;
  for (int i = 0; i < 64; i++) /* the status word's line is not touched, the end is kept */
    if (p[i] != 0xff || p[arenaBytes + i] != 0xff) {
      bad = 1;
      printf("%s: wrote outside of its part of the arena\n", what);
      break;
    }
  free(p);
}
#define ARGS(...) __VA_ARGS__
#define RUN(entry, indices, ...)                                                                             \
  do {                                                                                                       \
    Ref *s = take(entry##_scratch(ARGS indices));                                                            \
    entry(ARGS indices, __VA_ARGS__, s);                                                                     \
    give(#entry);                                                                                            \
  } while (0)
#define DECLARE(entry, indices, refs)                                                                        \
  long entry##_scratch(ARGS indices) __asm__(#entry ".scratch");                                             \
  void entry(ARGS indices, ARGS refs, Ref *scratch) __asm__("_mlir_ciface_" #entry)
#define R1 Ref *
#define R3 R1, R1, R1
#define R4 R3, R1
#define R5 R4, R1
DECLARE(rnn, (long, long, long), (R4));
DECLARE(state, (long, long, long), (R3));
DECLARE(swap, (long, long), (R5));
DECLARE(swap_state, (long, long), (R3));
DECLARE(shared, (long, long), (R4, R3));
DECLARE(shared_stack, (long, long), (R4, R4));
DECLARE(stack, (long, long), (R4));
DECLARE(shift, (long, long), (R5));
DECLARE(nested, (long, long, long), (R5));
DECLARE(cache, (long, long, long), (R4));
DECLARE(lstm, (long, long, long), (R4, R3));
DECLARE(both, (long, long, long), (R3));
DECLARE(two, (long), (R5));
DECLARE(tiles, (long), (R3));
DECLARE(until, (long, long), (R4, R3));
DECLARE(until_state, (long, long), (R4));
long prepare_scratch(void) __asm__("prepare.scratch");
void prepare(R3, Ref *scratch) __asm__("_mlir_ciface_prepare");

static void test_rnn(long T, long B, long H) {
  float *x = rnd(T * B * H), *w = rnd(H * H), *h0 = rnd(B * H), *last = nans(B * H), *h = dup(h0, B * H),
        *n = nans(B * H);
  for (long t = 0; t < T; t++) {
    for (long b = 0; b < B; b++)
      for (long j = 0; j < H; j++) {
        float s = 0;
        for (long i = 0; i < H; i++)
          s += h[b * H + i] * w[i * H + j];
        n[b * H + j] = tanhf(s + x[(t * B + b) * H + j]);
      }
    memcpy(h, n, B * H * 4);
  }
  Ref X = REF(x, T, B, H), W = REF(w, H, H), A = REF(h0, B, H), D = REF(last, B, H);
  float *kept = dup(h0, B * H);
  RUN(rnn, (T, B, H), &X, &W, &A, &D);
  compare("rnn", T, last, h, B * H);
  compare("rnn: start kept", T, h0, kept, B * H);
  RUN(state, (T, B, H), &X, &W, &A);
  compare("state", T, h0, h, B * H);
}

static void test_swap(long T, long H) {
  float *x = rnd(T * H), *a = rnd(H), *b = rnd(H), *la = nans(H), *lb = nans(H), *ra = dup(a, H),
        *rb = dup(b, H);
  for (long t = 0; t < T; t++)
    for (long i = 0; i < H; i++) {
      float old = ra[i];
      ra[i] = rb[i];
      rb[i] = old + x[t * H + i];
    }
  Ref X = REF(x, T, H), A = REF(a, H), B = REF(b, H), LA = REF(la, H), LB = REF(lb, H);
  RUN(swap, (T, H), &X, &A, &B, &LA, &LB);
  compare("swap a", T, la, ra, H);
  compare("swap b", T, lb, rb, H);
  RUN(swap_state, (T, H), &X, &A, &B);
  compare("swap_state a", T, a, ra, H);
  compare("swap_state b", T, b, rb, H);
}

static void test_shared(long T, long H) {
  float *x = rnd(T * H), *start[3], *last[3], *r[3], *y = nans(T * H), *ry = nans(T * H);
  Ref X = REF(x, T, H), S[3], L[3], Y = REF(y, T, H);
  for (int i = 0; i < 3; i++) {
    r[i] = dup(start[i] = rnd(H), H);
    S[i] = REF(start[i], H);
    L[i] = REF(last[i] = nans(H), H);
  }
  for (long t = 0; t < T; t++)
    for (long i = 0; i < H; i++) {
      float s = x[t * H + i] + r[0][i] - r[1][i] - r[2][i];
      r[2][i] = r[0][i];
      r[0][i] = r[1][i] = ry[t * H + i] = s;
    }
  RUN(shared, (T, H), &X, S, S + 1, S + 2, L, L + 1, L + 2);
  for (int i = 0; i < 3; i++)
    compare("shared", T, last[i], r[i], H);
  RUN(shared_stack, (T, H), &X, S, S + 1, S + 2, L, L + 1, L + 2, &Y);
  for (int i = 0; i < 3; i++)
    compare("shared_stack", T, last[i], r[i], H);
  compare("shared_stack ys", T, y, ry, T * H);
}

static void test_stack(long T, long H) {
  float *x = rnd(T * H), *h0 = rnd(H), *last = nans(H), *y = nans(T * H), *ry = nans(T * H), *h = dup(h0, H),
        *p = nans(T * H);
  Ref X = REF(x, T, H), A = REF(h0, H), D = REF(last, H), Y = REF(y, T, H), P = REF(p, T, H);
  for (long t = T - 1; t >= 0; t--)
    for (long i = 0; i < H; i++)
      ry[t * H + i] = h[i] = tanhf(x[t * H + i] + h[i]);
  RUN(stack, (T, H), &X, &A, &D, &Y);
  compare("stack ys", T, y, ry, T * H);
  compare("stack last", T, last, h, H);
  RUN(shift, (T, H), &X, &A, &D, &Y, &P);
  float *rp = nans(T * H);
  for (long t = 0; t < T; t++)
    for (long i = 0; i < H; i++) {
      rp[t * H + i] = t ? x[(t - 1) * H + i] : h0[i];
      ry[t * H + i] = x[t * H + i] - rp[t * H + i];
    }
  compare("shift ys", T, y, ry, T * H);
  compare("shift ps", T, p, rp, T * H);
  compare("shift last", T, last, T ? x + (T - 1) * H : h0, H);
}

static void test_nested(long T, long L, long H) {
  float *x = rnd(T * H), *w = rnd(L * H), *h0 = rnd(H), *last = nans(H), *y = nans(T * H), *ry = nans(T * H),
        *h = dup(h0, H);
  for (long t = 0; t < T; t++)
    for (long i = 0; i < H; i++) {
      for (long l = 0; l < L; l++)
        h[i] = tanhf(x[t * H + i] + w[l * H + i] + h[i]);
      ry[t * H + i] = h[i] + x[t * H + i];
    }
  Ref X = REF(x, T, H), W = REF(w, L, H), A = REF(h0, H), D = REF(last, H), Y = REF(y, T, H);
  RUN(nested, (T, L, H), &X, &W, &A, &D, &Y);
  compare("nested ys", T, y, ry, T * H);
  compare("nested last", T, last, h, H);
}

static void test_cache(long T, long N, long H) {
  float *k = rnd(T * H), *q = rnd(T * H), *c = rnd(N * H), *y = nans(T * H), *rc = dup(c, N * H),
        *ry = nans(T * H), s[32];
  for (long t = 0; t < T; t++) {
    memcpy(rc + t * H, k + t * H, H * 4);
    for (long i = 0; i < N; i++) {
      s[i] = 0;
      for (long j = 0; j < H; j++)
        s[i] += rc[i * H + j] * q[t * H + j];
    }
    for (long j = 0; j < H; j++) {
      ry[t * H + j] = 0;
      for (long i = 0; i < N; i++)
        ry[t * H + j] += rc[i * H + j] * s[i];
    }
  }
  Ref K = REF(k, T, H), Q = REF(q, T, H), C = REF(c, N, H), Y = REF(y, T, H);
  RUN(cache, (T, N, H), &K, &Q, &C, &Y);
  compare("cache", T, c, rc, N * H);
  compare("cache ys", T, y, ry, T * H);
}

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

static void test_lstm(long T, long B, long H) {
  float *x = rnd(T * B * 4 * H), *w = rnd(H * 4 * H), *h0 = rnd(B * H), *c0 = rnd(B * H), *lh = nans(B * H),
        *lc = nans(B * H);
  float *y = nans(T * B * H), *ry = nans(T * B * H), *h = dup(h0, B * H), *c = dup(c0, B * H),
        *n = nans(B * H);
  for (long t = 0; t < T; t++) {
    for (long b = 0; b < B; b++)
      for (long j = 0; j < H; j++) {
        float g[4], *cell = c + b * H + j;
        for (int u = 0; u < 4; u++) {
          float s = 0;
          for (long i = 0; i < H; i++)
            s += h[b * H + i] * w[(i * 4 + u) * H + j];
          g[u] = s + x[((t * B + b) * 4 + u) * H + j];
        }
        *cell = sigmoid(g[1]) * *cell + sigmoid(g[0]) * tanhf(g[2]);
        ry[(t * B + b) * H + j] = n[b * H + j] = sigmoid(g[3]) * tanhf(*cell);
      }
    memcpy(h, n, B * H * 4);
  }
  Ref X = REF(x, T, B, 4, H), W = REF(w, H, 4, H), A = REF(h0, B, H), C = REF(c0, B, H), LH = REF(lh, B, H),
      LC = REF(lc, B, H), Y = REF(y, T, B, H);
  RUN(lstm, (T, B, H), &X, &W, &A, &C, &LH, &LC, &Y);
  compare("lstm h", T, lh, h, B * H);
  compare("lstm c", T, lc, c, B * H);
  compare("lstm ys", T, y, ry, T * B * H);
}

static void test_both(long T, long B, long H) {
  float *x = rnd(T * B * H), *y = nans(T * B * 2 * H), *ry = nans(T * B * 2 * H), *l = nans(2 * B * H),
        *rl = nans(2 * B * H);
  for (int back = 0; back < 2; back++)
    for (long i = 0; i < B * H; i++) {
      float h = 0, d = 0;
      for (long t = 0; t < T; t++) {
        long at = back ? T - 1 - t : t;
        h = tanhf(x[at * B * H + i] + h);
        d = d / 2 + h;
        ry[(at * B + i / H) * 2 * H + back * H + i % H] = back ? h : d;
      }
      rl[back * B * H + i] = h;
    }
  Ref X = REF(x, T, B, H), Y = REF(y, T, B, 2 * H), L = REF(l, 2, B, H);
  RUN(both, (T, B, H), &X, &Y, &L);
  compare("both last", T, l, rl, 2 * B * H);
  compare("both", T, y, ry, T * B * 2 * H);
}

static void test_two(long T) {
  enum { B = 3, H = 5 };
  float *table = rnd(4 * H), *w = rnd(H * H), *d0 = nans(H * H), *d1 = nans(H * H), *y = nans(T * B * H),
        *last = nans(B * H);
  float *ry = nans(T * B * H), h[B * H] = {0}, g[B * H];
  int64_t *ids = malloc(T * B * 8 + 8);
  for (long i = 0; i < T * B; i++)
    ids[i] = rand() % 4;
  for (long t = 0; t < T; t++)
    for (long i = 0; i < B * H; i++)
      ry[t * B * H + i] = h[i] = tanhf(table[ids[t * B + i / H] * H + i % H] + h[i]);
  memcpy(g, h, sizeof g);
  for (long t = 0; t < T; t++) {
    float row[B * H];
    for (long i = 0; i < B * H; i++) {
      float s = 0;
      for (long k = 0; k < H; k++)
        s += ry[(t * B + i / H) * H + k] * w[k * H + i % H];
      row[i] = g[i] = tanhf(s + g[i]);
    }
    memcpy(ry + t * B * H, row, sizeof row);
  }
  Ref I = REF(ids, T, B), TT = REF(table, 4, H), W = REF(w, H, H), D0 = REF(d0, H, H), D1 = REF(d1, H, H),
      Y = REF(y, T, B, H), L = REF(last, B, H);
  Ref *s = take(prepare_scratch());
  prepare(&W, &D0, &D1, s);
  give("prepare");
  compare("prepare", T, d1, w, H * H);
  RUN(two, (T), &I, &TT, &D0, &Y, &L);
  compare("two ys", T, y, ry, T * B * H);
  compare("two last", T, last, g, B * H);
}

static void test_tiles(long T) {
  float *x = rnd(T * 16), *w = rnd(16), *last = nans(16), *h = nans(16);
  for (int i = 0; i < 16; i++) {
    h[i] = 0;
    for (long t = 0; t < T; t++)
      h[i] = x[t * 16 + i] + h[i] * w[i];
  }
  Ref X = REF(x, T, 16), W = REF(w, 16), L = REF(last, 16);
  RUN(tiles, (T), &X, &W, &L);
  compare("tiles", T, last, h, 16);
}

/* x[t][0] is 1: a limit of k - 0.5 stops behind step k. Slots that no step reached keep what they had. */
static void test_until(long T, long H, long stop) {
  float *x = rnd(T * H), *s = rnd(H), *d = nans(H), *y = nans(T * H), *ry = nans(T * H), *sum = nans(H),
        *h = dup(s, H), *rsum = nans(H), *limit = rnd(1);
  int64_t n = -1, steps = 0;
  s[0] = h[0] = 0;
  *limit = stop - 0.5f;
  memset(rsum, 0, H * 4);
  for (long t = 0; t < T; t++)
    x[t * H] = 1;
  for (long go = 1; go && steps < T; steps++) {
    for (long i = 0; i < H; i++) {
      h[i] += x[steps * H + i];
      ry[steps * H + i] = tanhf(h[i]);
      rsum[i] += 0.5f * ry[steps * H + i];
    }
    go = !(h[0] > *limit);
  }
  Ref X = REF(x, T, H), L = ref(limit, 0, NULL), S = REF(s, H), D = REF(d, H), Y = REF(y, T, H),
      A = REF(sum, H), N = ref(&n, 0, NULL);
  RUN(until, (T, H), &X, &L, &S, &D, &Y, &A, &N);
  compare("until", T, d, h, H);
  compare("until ys", T, y, ry, steps * H);
  compare("until sum", T, sum, rsum, H);
  if (n != steps) {
    bad = 1;
    printf("until, T = %ld: %ld steps, not %ld\n", T, (long)n, (long)steps);
  }
  RUN(until_state, (T, H), &X, &L, &S, &N);
  compare("until_state", T, s, h, H);
}

int main(void) {
  static const long lengths[] = {0, 1, 2, 7, 8};
  for (int q = 0; q < 5; q++)
    for (long B = 0; B < 4; B += 3) {
      long T = lengths[q], H = 5;
      test_rnn(T, B, H);
      test_swap(T, H);
      test_shared(T, H);
      test_stack(T, H);
      test_nested(T, 4, H);
      test_nested(T, 3, H);
      test_cache(T, 9, H);
      test_lstm(T, B, H);
      test_both(T, B, H);
      test_two(T);
      test_tiles(T);
      for (long stop = 0; stop <= T + 1; stop++)
        test_until(T, H, stop);
    }
  if (!bad)
    puts("all as plain loops");
  return bad;
}
