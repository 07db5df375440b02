#include "Parsed.h"

using namespace rondo::test;

namespace {

TEST(AstPrinter, ADeclarationOrStatementALine) {
  Parsed parsed(R"(## Learns "hello" -> "ohlol",
## one character at a time.
model CharRNN(vocab: int = 4, sizes: [int]) {
  const n = 1.0
  emb as "e.{n + 1}.é" = Embedding(vocab, 10)
  param w: f32[..., n] = normal(0.0, 1e-3)
  state h: f32[] = 0.0
  if n == 1 { a = L() } else if n == 2 { b = L() } else { c = L() }
  train fit(x: f32[B]) with Adam(lr=0.05) { return x }
  def forward(x: i64[B, T], h0: f32[B] = none) -> f32[B, T], i64 {
    require T > 0, "\u{1}\n"
    ys, _ = scan v in x, t in 0..T with h = h0, k = 1 reverse if n == 1 lengths m until h > 1 {
      yield v
    }
    for i, m in enumerate(ms) { x = m(x) }
    return ys
  }
}
)");
  EXPECT_EQ(parsed.errors(), "");
  EXPECT_EQ(parsed.tree(), R"(## Learns "hello" -> "ohlol",
## one character at a time.
model CharRNN(vocab: int = 4, sizes: [int])  # 3:1
  const n = 1.0  # 4:3
  emb as "e." (n + 1) ".é" = Embedding(vocab, 10)  # 5:3
  param w: f32[..., n] = normal(0.0, 0.001)  # 6:3
  state h: f32[] = 0.0  # 7:3
  if (n == 1)  # 8:3
    a = L()  # 8:15
  else if (n == 2)  # 8:33
    b = L()  # 8:42
  else
    c = L()  # 8:59
  train fit(x: f32[B]) with Adam(lr=0.05)  # 9:3
    return x  # 9:45
  def forward(x: i64[B, T], h0: f32[B] = none) -> f32[B, T], i64  # 10:3
    require (T > 0), "\u{1}\n"  # 11:5
    ys, _ = scan v in x, t in (0..T) with h = h0, k = 1 reverse if (n == 1) lengths m until (h > 1)  # 12:5
      yield v  # 13:7
    for i, m in enumerate(ms)  # 15:5
      x = m(x)  # 15:33
    return ys  # 16:5
)");
}

} // namespace
