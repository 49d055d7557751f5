# The audio clock against a delay-locked loop and raw callback times, on a device that knows the truth.
add_executable(clock_accuracy ${PROJECT_SOURCE_DIR}/benchmarks/cpp/clock_accuracy.cpp
  ${PROJECT_SOURCE_DIR}/tests/cpp/virtual_dac.cpp)
target_include_directories(clock_accuracy PRIVATE ${PROJECT_SOURCE_DIR}/benchmarks/peers ${PROJECT_SOURCE_DIR}/tests/cpp)
target_link_libraries(clock_accuracy PRIVATE hostmode_core hostmode_options)
