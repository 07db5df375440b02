// Random programs: every rule of the grammar, random names, blanks, line ends and
// comments. The same seed gives the same program.
#pragma once

#include <cstdint>
#include <string>

namespace rondo::test {

/// A program that parses. What it means, if anything, is not looked at.
std::string anyProgram(uint64_t seed);

/// A program without mistakes: functions of known shapes, and models with layers, weights and loops.
std::string rightProgram(uint64_t seed);

/// The same tokens and comments, laid out at random.
std::string shuffleLayout(const std::string &program, uint64_t seed);

} // namespace rondo::test
