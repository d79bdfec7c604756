(module
  (import "env" "memory" (memory 1))
  (func $product_f32_4x4 (param $lhs i32) (param $packed i32) (param $out i32) ;; dot 1x4x4x12
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32) ;; unused
    (local $packed_at i32)
    (local $lhs_at i32)
    (local $k_end i32)
    (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) ;; unused
    (local $sum_0_0 v128)
    (local $sum_1_0 v128)
    (local $sum_2_0 v128)
    (local $sum_3_0 v128)
    (local $b v128)
    (local $a v128)
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000 ;; 0 0 0 0
    local.set $sum_0_0
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000 ;; 0 0 0 0
    local.set $sum_1_0
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000 ;; 0 0 0 0
    local.set $sum_2_0
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000 ;; 0 0 0 0
    local.set $sum_3_0
    local.get $packed
    local.set $packed_at
    local.get $lhs
    local.set $lhs_at
    local.get $packed_at
    i32.const 384
    i32.add
    local.set $k_end
    loop
      local.get $packed_at
      v128.load align=4
      local.set $b
      local.get $lhs_at
      v128.load32_splat align=4
      local.tee $a
      local.get $b
      local.get $sum_0_0
      f32x4.relaxed_madd
      local.set $sum_0_0
      local.get $lhs_at
      v128.load32_splat offset=48 align=4
      local.tee $a
      local.get $b
      local.get $sum_1_0
      f32x4.relaxed_madd
      local.set $sum_1_0
      local.get $lhs_at
      v128.load32_splat offset=96 align=4
      local.tee $a
      local.get $b
      local.get $sum_2_0
      f32x4.relaxed_madd
      local.set $sum_2_0
      local.get $lhs_at
      v128.load32_splat offset=144 align=4
      local.tee $a
      local.get $b
      local.get $sum_3_0
      f32x4.relaxed_madd
      local.set $sum_3_0
      local.get $lhs_at
      i32.const 4
      i32.add
      local.set $lhs_at
      local.get $packed_at
      v128.load offset=32 align=4
      local.set $b
      local.get $lhs_at
      v128.load32_splat align=4
      local.tee $a
      local.get $b
      local.get $sum_0_0
      f32x4.relaxed_madd
      local.set $sum_0_0
      local.get $lhs_at
      v128.load32_splat offset=48 align=4
      local.tee $a
      local.get $b
      local.get $sum_1_0
      f32x4.relaxed_madd
      local.set $sum_1_0
      local.get $lhs_at
      v128.load32_splat offset=96 align=4
      local.tee $a
      local.get $b
      local.get $sum_2_0
      f32x4.relaxed_madd
      local.set $sum_2_0
      local.get $lhs_at
      v128.load32_splat offset=144 align=4
      local.tee $a
      local.get $b
      local.get $sum_3_0
      f32x4.relaxed_madd
      local.set $sum_3_0
      local.get $lhs_at
      i32.const 4
      i32.add
      local.set $lhs_at
      local.get $packed_at
      v128.load offset=64 align=4
      local.set $b
      local.get $lhs_at
      v128.load32_splat align=4
      local.tee $a
      local.get $b
      local.get $sum_0_0
      f32x4.relaxed_madd
      local.set $sum_0_0
      local.get $lhs_at
      v128.load32_splat offset=48 align=4
      local.tee $a
      local.get $b
      local.get $sum_1_0
      f32x4.relaxed_madd
      local.set $sum_1_0
      local.get $lhs_at
      v128.load32_splat offset=96 align=4
      local.tee $a
      local.get $b
      local.get $sum_2_0
      f32x4.relaxed_madd
      local.set $sum_2_0
      local.get $lhs_at
      v128.load32_splat offset=144 align=4
      local.tee $a
      local.get $b
      local.get $sum_3_0
      f32x4.relaxed_madd
      local.set $sum_3_0
      local.get $lhs_at
      i32.const 4
      i32.add
      local.set $lhs_at
      local.get $packed_at
      v128.load offset=96 align=4
      local.set $b
      local.get $lhs_at
      v128.load32_splat align=4
      local.tee $a
      local.get $b
      local.get $sum_0_0
      f32x4.relaxed_madd
      local.set $sum_0_0
      local.get $lhs_at
      v128.load32_splat offset=48 align=4
      local.tee $a
      local.get $b
      local.get $sum_1_0
      f32x4.relaxed_madd
      local.set $sum_1_0
      local.get $lhs_at
      v128.load32_splat offset=96 align=4
      local.tee $a
      local.get $b
      local.get $sum_2_0
      f32x4.relaxed_madd
      local.set $sum_2_0
      local.get $lhs_at
      v128.load32_splat offset=144 align=4
      local.tee $a
      local.get $b
      local.get $sum_3_0
      f32x4.relaxed_madd
      local.set $sum_3_0
      local.get $packed_at
      i32.const 128
      i32.add
      local.set $packed_at
      local.get $lhs_at
      i32.const 4
      i32.add
      local.set $lhs_at
      local.get $packed_at
      local.get $k_end
      i32.ne
      br_if 0
    end
    local.get $out
    local.get $sum_0_0
    v128.store align=4
    local.get $out
    local.get $sum_1_0
    v128.store offset=16 align=4
    local.get $out
    local.get $sum_2_0
    v128.store offset=32 align=4
    local.get $out
    local.get $sum_3_0
    v128.store offset=48 align=4
  )
  (func $run
  )
  (export "run" (func $run))
)
