(module
  (import "env" "memory" (memory 1))
  (func $addresses (param $in i32) (param $out i32) ;; sample.dl:1:2
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) ;; unused
    (local $in_at i32)
    (local $out_at i32)
    (local $i_end i32)
    (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) ;; unused
    (local $sum_0 v128)
    (local $sum_1 v128)
    (local $x v128)
    (local $x_1 v128)
    (local $n v128)
    (local $i_1 v128)
    local.get $in
    i32.const 252
    i32.add
    local.set $in_at
    local.get $out
    local.set $out_at
    local.get $in_at
    i32.const -128
    i32.add
    local.set $i_end
    loop
      local.get $out_at
      local.get $in_at
      f32.load align=4
      f32.store align=4
      local.get $in_at
      i32.const -4
      i32.add
      local.set $in_at
      local.get $out_at
      i32.const 4
      i32.add
      local.set $out_at
      local.get $in_at
      local.get $i_end
      i32.ne
      br_if 0
    end
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000 ;; 0 0 0 0
    local.set $sum_0
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000 ;; 0 0 0 0
    local.set $sum_1
    local.get $in
    local.set $in_at
    local.get $in
    local.set $out_at
    local.get $in_at
    i32.const 128
    i32.add
    local.set $i_end
    loop
      local.get $out_at
      v128.load32_splat align=4
      local.get $in_at
      v128.load align=4
      f32x4.mul
      local.get $sum_0
      f32x4.add
      local.set $sum_0
      local.get $out_at
      v128.load32_splat offset=4 align=4
      local.get $in_at
      v128.load align=4
      f32x4.mul
      local.get $sum_1
      f32x4.add
      local.set $sum_1
      local.get $in_at
      i32.const 16
      i32.add
      local.set $in_at
      local.get $out_at
      i32.const 4
      i32.add
      local.set $out_at
      local.get $in_at
      local.get $i_end
      i32.ne
      br_if 0
    end
    local.get $sum_0
    local.tee $x
    v128.const i32x4 0x42b20000 0x42b20000 0x42b20000 0x42b20000 ;; 89 89 89 89
    f32x4.pmin
    v128.const i32x4 0xc2d10000 0xc2d10000 0xc2d10000 0xc2d10000 ;; -104.5 -104.5 -104.5 -104.5
    f32x4.pmax
    local.tee $x_1
    v128.const i32x4 0x3fb8aa3b 0x3fb8aa3b 0x3fb8aa3b 0x3fb8aa3b ;; 1.4426950216293335 1.4426950216293335 1.4426950216293335 1.4426950216293335
    f32x4.mul
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000 ;; 12582912 12582912 12582912 12582912
    f32x4.add
    local.tee $x
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000 ;; 12582912 12582912 12582912 12582912
    f32x4.sub
    local.set $n
    local.get $x
    local.set $i_1
    local.get $x_1
    local.get $n
    v128.const i32x4 0x3f318000 0x3f318000 0x3f318000 0x3f318000 ;; 0.693359375 0.693359375 0.693359375 0.693359375
    f32x4.mul
    f32x4.sub
    local.get $n
    v128.const i32x4 0xb95e8083 0xb95e8083 0xb95e8083 0xb95e8083 ;; -0.00021219444170128554 -0.00021219444170128554 -0.00021219444170128554 -0.00021219444170128554
    f32x4.mul
    f32x4.sub
    local.set $x
    local.get $i_1
    i32.const 1
    i32x4.shr_s
    local.set $x_1
    local.get $out
    local.get $x
    local.get $x
    local.get $x
    f32x4.mul
    local.get $x
    v128.const i32x4 0x3ab52928 0x3ab52928 0x3ab52928 0x3ab52928 ;; 0.0013821469619870186 0.0013821469619870186 0.0013821469619870186 0.0013821469619870186
    f32x4.mul
    v128.const i32x4 0x3c091cb7 0x3c091cb7 0x3c091cb7 0x3c091cb7 ;; 0.008368662558495998 0.008368662558495998 0.008368662558495998 0.008368662558495998
    f32x4.add
    local.get $x
    f32x4.mul
    v128.const i32x4 0x3d2aac55 0x3d2aac55 0x3d2aac55 0x3d2aac55 ;; 0.041668254882097244 0.041668254882097244 0.041668254882097244 0.041668254882097244
    f32x4.add
    local.get $x
    f32x4.mul
    v128.const i32x4 0x3e2aaa49 0x3e2aaa49 0x3e2aaa49 0x3e2aaa49 ;; 0.1666652113199234 0.1666652113199234 0.1666652113199234 0.1666652113199234
    f32x4.add
    local.get $x
    f32x4.mul
    v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000 ;; 0.5 0.5 0.5 0.5
    f32x4.add
    f32x4.mul
    f32x4.add
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000 ;; 1 1 1 1
    f32x4.add
    local.get $x_1
    i32.const 23
    i32x4.shl
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000 ;; 1 1 1 1
    i32x4.add
    f32x4.mul
    local.get $i_1
    local.get $x_1
    i32x4.sub
    i32.const 23
    i32x4.shl
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000 ;; 1 1 1 1
    i32x4.add
    f32x4.mul
    v128.store offset=128 align=4
    local.get $sum_1
    local.tee $x
    v128.const i32x4 0x42b20000 0x42b20000 0x42b20000 0x42b20000 ;; 89 89 89 89
    f32x4.pmin
    v128.const i32x4 0xc2d10000 0xc2d10000 0xc2d10000 0xc2d10000 ;; -104.5 -104.5 -104.5 -104.5
    f32x4.pmax
    local.tee $x_1
    v128.const i32x4 0x3fb8aa3b 0x3fb8aa3b 0x3fb8aa3b 0x3fb8aa3b ;; 1.4426950216293335 1.4426950216293335 1.4426950216293335 1.4426950216293335
    f32x4.mul
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000 ;; 12582912 12582912 12582912 12582912
    f32x4.add
    local.tee $x
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000 ;; 12582912 12582912 12582912 12582912
    f32x4.sub
    local.set $n
    local.get $x
    local.set $i_1
    local.get $x_1
    local.get $n
    v128.const i32x4 0x3f318000 0x3f318000 0x3f318000 0x3f318000 ;; 0.693359375 0.693359375 0.693359375 0.693359375
    f32x4.mul
    f32x4.sub
    local.get $n
    v128.const i32x4 0xb95e8083 0xb95e8083 0xb95e8083 0xb95e8083 ;; -0.00021219444170128554 -0.00021219444170128554 -0.00021219444170128554 -0.00021219444170128554
    f32x4.mul
    f32x4.sub
    local.set $x
    local.get $i_1
    i32.const 1
    i32x4.shr_s
    local.set $x_1
    local.get $out
    local.get $x
    local.get $x
    local.get $x
    f32x4.mul
    local.get $x
    v128.const i32x4 0x3ab52928 0x3ab52928 0x3ab52928 0x3ab52928 ;; 0.0013821469619870186 0.0013821469619870186 0.0013821469619870186 0.0013821469619870186
    f32x4.mul
    v128.const i32x4 0x3c091cb7 0x3c091cb7 0x3c091cb7 0x3c091cb7 ;; 0.008368662558495998 0.008368662558495998 0.008368662558495998 0.008368662558495998
    f32x4.add
    local.get $x
    f32x4.mul
    v128.const i32x4 0x3d2aac55 0x3d2aac55 0x3d2aac55 0x3d2aac55 ;; 0.041668254882097244 0.041668254882097244 0.041668254882097244 0.041668254882097244
    f32x4.add
    local.get $x
    f32x4.mul
    v128.const i32x4 0x3e2aaa49 0x3e2aaa49 0x3e2aaa49 0x3e2aaa49 ;; 0.1666652113199234 0.1666652113199234 0.1666652113199234 0.1666652113199234
    f32x4.add
    local.get $x
    f32x4.mul
    v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000 ;; 0.5 0.5 0.5 0.5
    f32x4.add
    f32x4.mul
    f32x4.add
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000 ;; 1 1 1 1
    f32x4.add
    local.get $x_1
    i32.const 23
    i32x4.shl
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000 ;; 1 1 1 1
    i32x4.add
    f32x4.mul
    local.get $i_1
    local.get $x_1
    i32x4.sub
    i32.const 23
    i32x4.shl
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000 ;; 1 1 1 1
    i32x4.add
    f32x4.mul
    v128.store offset=144 align=4
    local.get $in
    i32.const -4
    i32.add
    local.set $in_at
    local.get $out
    i32.const 160
    i32.add
    local.set $out_at
    i32.const 0
    local.set $i_end
    loop
      local.get $i_end
      i32.const 0
      i32.gt_s
      if
        local.get $out_at
        local.get $in_at
        f32.load align=4
        f32.store align=4
      end
      local.get $in_at
      i32.const 4
      i32.add
      local.set $in_at
      local.get $out_at
      i32.const 4
      i32.add
      local.set $out_at
      local.get $i_end
      i32.const 1
      i32.add
      local.tee $i_end
      i32.const 24
      i32.lt_s
      br_if 0
    end
  )
  (func $run
  )
  (export "run" (func $run))
)
