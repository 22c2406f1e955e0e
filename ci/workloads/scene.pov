// A scene with enough to compute for a few threads: reflection, refraction, a procedural texture. No randomness.
#version 3.7;
global_settings { assumed_gamma 1.0 max_trace_level 6 }
camera { location <0, 3, -8> look_at <0, 1, 0> angle 50 }
light_source { <6, 9, -7> color rgb 1.1 }
light_source { <-7, 5, -3> color rgb <0.4, 0.4, 0.6> }
plane { y, 0 pigment { checker color rgb 0.9, color rgb <0.2, 0.3, 0.5> } finish { reflection 0.2 } }
#declare I = 0;
#while (I < 24)
  sphere {
    <3.2 * cos(I * pi / 12), 0.5 + 0.25 * mod(I, 4), 3.2 * sin(I * pi / 12)>, 0.45
    pigment { granite scale 0.6 color_map { [0 color rgb <1, 0.5, 0.2>] [1 color rgb <0.2, 0.1, 0.6>] } }
    finish { specular 0.6 reflection 0.25 }
  }
  #declare I = I + 1;
#end
sphere {
  <0, 1.2, 0>, 1.2
  pigment { color rgbt <0.95, 0.98, 1, 0.85> }
  finish { specular 0.9 reflection 0.1 }
  interior { ior 1.45 }
}
