"""All kinds of statements and how often each comes."""

import attending
import choosing
import elementwise as e
import loops
import modules
import products
import shaping

MAKERS = {
    e.unary: 6, e.exponential: 1, e.jump: 1, e.binary: 8, e.chain: 4, e.compare: 2, e.logic: 2, e.choose: 2,
    e.integer: 3, e.integer_compare: 1, e.cast: 3, e.arange: 1, e.some_integers: 1, e.some_bools: 1,
    shaping.element: 2, shaping.cut: 3, shaping.narrow: 1, shaping.transpose: 3, shaping.reshape: 3, shaping.unit: 2,
    shaping.concat: 3, shaping.split: 2, shaping.repeat: 1, shaping.turn: 2, shaping.pad: 2, shaping.triangle: 1,
    shaping.reduce: 5, shaping.reduce_all: 1, shaping.reduce_integers: 1, shaping.cumsum: 2, shaping.extremum: 1,
    choosing.rows: 1, choosing.one_row: 1, choosing.gather: 1, choosing.table: 1, choosing.one_hot: 1,
    choosing.topk: 1, choosing.sort: 1, choosing.update: 2, choosing.categorical: 0.5,
    products.linear: 6, products.gates: 2, products.matmul: 3, products.similar: 1, products.einsum: 3,
    products.outer: 1, products.softmax: 2, products.norm: 2, products.loss: 1,
    loops.scan: 12, loops.cache: 9, loops.state: 1, attending.attention: 4, attending.heads_of: 2,
    modules.of_library: 8, modules.part: 3, modules.repeated: 2,
}
# In a scan: rather what can be done for all steps at once, or for all gates.
OF_STEP = {
    e.unary: 3, e.binary: 4, e.chain: 3, shaping.cut: 2, shaping.transpose: 2, shaping.reshape: 2, shaping.unit: 2,
    shaping.concat: 4, shaping.reduce: 3, choosing.rows: 1, choosing.gather: 1, products.linear: 5, products.gates: 5,
    products.einsum: 2, products.softmax: 5, products.norm: 4,
}
