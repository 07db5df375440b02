// Loops that end early; run against plain loops by check.c.
#id2 = affine_map<(i, j) -> (i, j)>
#rows = affine_map<(i, j) -> (j)>
module attributes {rondo.phase = "linalg"} {

// h = h + x until h[0] > limit; the steps that were done, stacked and halved, are summed.
func.func private @until.shapes(%T: index, %H: index) -> (index, index, index, index, index, index, index) {
  return %T, %H, %H, %H, %T, %H, %H : index, index, index, index, index, index, index
}
func.func @until(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %limit: tensor<f32> {rondo.name = "limit"}, %s: tensor<?xf32> {rondo.name = "s"},
    %d: tensor<?xf32> {rondo.result = 0 : i64}, %ys: tensor<?x?xf32> {rondo.result = 1 : i64},
    %sum: tensor<?xf32> {rondo.result = 2 : i64}, %n: tensor<i64> {rondo.result = 3 : i64})
    -> (tensor<?xf32>, tensor<?x?xf32>, tensor<?xf32>, tensor<i64>) attributes {rondo.entry, rondo.shapes = @until.shapes} {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %r:3 = rondo.scan_into until %T ins(%xs : tensor<?x?xf32>) starts(%s : tensor<?xf32>) nexts(%d : tensor<?xf32>) stacks(%ys : tensor<?x?xf32>) count(%n : tensor<i64>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %h: tensor<?xf32>, %hn: tensor<?xf32>, %slot: tensor<?xf32>):
    %c0 = arith.constant 0 : index
    %e = tensor.empty(%H) : tensor<?xf32>
    %a = linalg.add ins(%h, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %e2 = tensor.empty(%H) : tensor<?xf32>
    %y = linalg.tanh ins(%a : tensor<?xf32>) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
    %first = tensor.extract %a[%c0] : tensor<?xf32>
    %most = tensor.extract %limit[] : tensor<f32>
    %ends = arith.cmpf ogt, %first, %most : f32
    rondo.yield %a, %y, %ends : tensor<?xf32>, tensor<?xf32>, i1
  } -> tensor<?xf32>, tensor<?x?xf32>, tensor<i64>
  %count = tensor.extract %r#2[] : tensor<i64>
  %index = arith.index_cast %count : i64 to index
  %late = arith.minui %index, %T : index
  %cut = tensor.extract_slice %r#1[0, 0] [%late, %H] [1, 1] : tensor<?x?xf32> to tensor<?x?xf32>
  %e3 = tensor.empty(%late, %H) : tensor<?x?xf32>
  %halves = linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%cut : tensor<?x?xf32>) outs(%e3 : tensor<?x?xf32>) {
    ^bb0(%a: f32, %b: f32):
      %v = arith.mulf %a, %half : f32
      linalg.yield %v : f32
  } -> tensor<?x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%sum : tensor<?xf32>) -> tensor<?xf32>
  %all = linalg.generic {indexing_maps = [#id2, #rows], iterator_types = ["reduction", "parallel"]}
      ins(%halves : tensor<?x?xf32>) outs(%f : tensor<?xf32>) {
    ^bb0(%a: f32, %b: f32):
      %v = arith.addf %a, %b : f32
      linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r#0, %r#1, %all, %r#2 : tensor<?xf32>, tensor<?x?xf32>, tensor<?xf32>, tensor<i64>
}

// The same with its state kept by the caller.
func.func private @until_state.shapes(%T: index, %H: index) -> (index, index, index) {
  return %T, %H, %H : index, index, index
}
func.func @until_state(%T: index {rondo.dim = "T"}, %H: index {rondo.dim = "H"}, %xs: tensor<?x?xf32> {rondo.name = "xs"},
    %limit: tensor<f32> {rondo.name = "limit"}, %s: tensor<?xf32> {rondo.result = 0 : i64}, %n: tensor<i64> {rondo.result = 1 : i64})
    -> (tensor<?xf32>, tensor<i64>) attributes {rondo.entry, rondo.shapes = @until_state.shapes} {
  %r:2 = rondo.scan_into until %T ins(%xs : tensor<?x?xf32>) starts(%s : tensor<?xf32>) nexts(%s : tensor<?xf32>) count(%n : tensor<i64>) {
  ^bb0(%t: index, %x: tensor<?xf32>, %h: tensor<?xf32>, %hn: tensor<?xf32>):
    %c0 = arith.constant 0 : index
    %e = tensor.empty(%H) : tensor<?xf32>
    %a = linalg.add ins(%h, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %first = tensor.extract %a[%c0] : tensor<?xf32>
    %most = tensor.extract %limit[] : tensor<f32>
    %ends = arith.cmpf ogt, %first, %most : f32
    rondo.yield %a, %ends : tensor<?xf32>, i1
  } -> tensor<?xf32>, tensor<i64>
  return %r#0, %r#1 : tensor<?xf32>, tensor<i64>
}
}
