// Graphs with control flow, as text: samples of the ops with regions.

/** Smooth in their inputs, so that differences approximate the gradient; every output depends on an input. */
export const smoothGraphs: Readonly<Record<string, string>> = {
  "a recurrent cell": `graph g(%h: f32[2,3], %x: f32[4,2,3], %w: f32[3,3], %b: f32[3])
  %0, %1 = scan %h, %x, %w, %b {carries=1, sequences=1, length=4} : f32[2,3], f32[4,2,3]
    body(%x: f32[2,3], %w: f32[3,3], %b: f32[3]) {
      carry %h: f32[2,3]
      %0 = dot %h, %w {contract=[[1],[0]]} : f32[2,3]
      %1 = broadcast %b {shape=[2,3], dims=[1]} : f32[2,3]
      %2 = add %0, %1 : f32[2,3]
      %3 = mul %2, %x : f32[2,3]
      %4 = tanh %3 : f32[2,3]
      return y=%4
      next %h = %4
    }
  return last=%0, all=%1
`,
  "from the end, two carries, one of them a counter": `graph g(%h: f32[3], %x: f32[4,3])
  %i = constant 1 : i32[]
  %0, %1, %2, %3 = scan %i, %h, %x {carries=2, sequences=1, length=4, reverse=true} : i32[], f32[3], f32[4,3], f32[4,3]
    body(%x: f32[3]) {
      carry %i: i32[]
      carry %h: f32[3]
      %0 = add %i, 1 : i32[]
      %1 = convert %0 {dtype=f32} : f32[]
      %2 = broadcast %1 {shape=[3], dims=[]} : f32[3]
      %3 = mul %h, %x : f32[3]
      %4 = mul %3, %2 : f32[3]
      %5 = sin %4 : f32[3]
      return before=%h, after=%5
      next %i = %0
      next %h = %5
    }
  return last=%1, before=%2, after=%3
`,
  "a carry that is left as it is": `graph g(%h: f32[3], %x: f32[3])
  %0, %1 = scan %h, %x {carries=1, sequences=0, length=3} : f32[3], f32[3,3]
    body(%x: f32[3]) {
      carry %h: f32[3]
      %0 = mul %h, %x : f32[3]
      return y=%0
    }
  return last=%0, all=%1
`,
  "a scan in a scan": `graph g(%h: f32[3], %x: f32[2,2,3], %w: f32[3])
  %0, %1 = scan %h, %x, %w {carries=1, sequences=1, length=2} : f32[3], f32[2,2,3]
    body(%x: f32[2,3], %w: f32[3]) {
      carry %h: f32[3]
      %0, %1 = scan %h, %x, %w {carries=1, sequences=1, length=2} : f32[3], f32[2,3]
        body(%x: f32[3], %w: f32[3]) {
          carry %h: f32[3]
          %0 = mul %h, %w : f32[3]
          %1 = add %0, %x : f32[3]
          %2 = tanh %1 : f32[3]
          return y=%2
          next %h = %2
        }
      %2 = mul %0, %w : f32[3]
      return y=%1
      next %h = %2
    }
  return last=%0, all=%1
`,
  "a loop without iterations": `graph g(%h: f32[3], %x: f32[0,3])
  %0, %1 = scan %h, %x {carries=1, sequences=1, length=0} : f32[3], f32[0,3]
    body(%x: f32[3]) {
      carry %h: f32[3]
      %0 = mul %h, %x : f32[3]
      return y=%0
      next %h = %0
    }
  return last=%0
`,
  "a branch": `graph g(%x: f32[3], %y: f32[3])
  %s = reduce_sum %x {axes=[0]} : f32[]
  %p = lt %s, 100 : bool[]
  %q = lt 100, %s : bool[]
  %0, %1 = cond %p, %x, %y : f32[3], f32[3]
    then(%x: f32[3], %y: f32[3]) {
      %0 = mul %x, %y : f32[3]
      %1 = tanh %0 : f32[3]
      return a=%0, b=%1
    }
    else(%x: f32[3], %y: f32[3]) {
      return a=%x, b=%y
    }
  %2 = cond %q, %x, %y : f32[3]
    then(%x: f32[3], %y: f32[3]) {
      return a=%y
    }
    else(%x: f32[3], %y: f32[3]) {
      %0 = mul %x, %x : f32[3]
      return a=%0
    }
  return a=%0, b=%1, c=%2
`,
  "a checkpoint": `graph g(%x: f32[2,3], %w: f32[3,3])
  %0, %1 = checkpoint %x, %w : f32[2,3], f32[2,3]
    body(%x: f32[2,3], %w: f32[3,3]) {
      %0 = dot %x, %w {contract=[[1],[0]]} : f32[2,3]
      %1 = sin %0 : f32[2,3]
      return a=%0, b=%1
    }
  return a=%0, b=%1
`,
  "a custom gradient that is the true one": `graph g(%x: f32[3], %n: i32[])
  %0, %1 = custom_gradient %x, %n : f32[3], i32[]
    forward(%x: f32[3], %n: i32[]) {
      %0 = mul %x, %x : f32[3]
      return y=%0, n=%n
    }
    backward(%x: f32[3], %n: i32[], %y: f32[3], %m: i32[], %dy: f32[3]) {
      %0 = mul %x, 2 : f32[3]
      %1 = mul %0, %dy : f32[3]
      return dx=%1
    }
  return y=%0
`,
};
