// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/app.hpp"

int main(int argc, char** argv) { return a2a_backup::run(argc, argv); }
