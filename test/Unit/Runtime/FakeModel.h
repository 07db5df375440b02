/* A model as the compiler describes them, with entry points written by hand:
 *
 *   forward(x: i64[B, T]) -> f32[B, T, 3], i64[B, T]     scale * emb[x] + bias; (x + 1) % 4
 *   mix(n: int, a: f64[T], h: f16[T], g: bf16[T], k: i32[T], q: i8[T], u: u8[T], m: bool[T], temp: f32)
 *       -> f64[T], f16[T], bf16[T], i32[T], i8[T], u8[T], bool[T], f32[n]     its arguments; temp n times
 *   window(x: f32[T]) -> f32[T - 3]                      x[3:]
 *   pair(x: f32[T, B], h: f32[B, 2]) -> f32[B, 2], f32   h; the number of x's elements
 *
 *   stop(x: f32[T], limit: f32 = 1.5, n: int = 3) -> f32[R], i64    x up to the first element above limit;
 * the state calls: i64[n] = 10, of which each call adds 1 to every element. n must be odd
 *
 * Weights: emb.weight f32[4, 3], fc.bias f32[3], scale f32. */
#ifndef FAKE_MODEL_H
#define FAKE_MODEL_H

#include "rondo/rondo.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const rondo_model fake_model;

/* The same with `window` as its one entry point, and without weights. */
extern const rondo_model fake_single_model;

#ifdef __cplusplus
}
#endif
#endif
