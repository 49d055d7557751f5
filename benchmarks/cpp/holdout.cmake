# The hold-out tool: holdout keyframes.f32. Included by benchmarks/cpp/CMakeLists.txt.
add_executable(holdout ${CMAKE_CURRENT_LIST_DIR}/holdout.cpp)
target_link_libraries(holdout PRIVATE hostmode_core hostmode_options)
