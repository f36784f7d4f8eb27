// Prints the primes up to its argument.
#include <cstdlib>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  const std::size_t last = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100;
  std::vector<bool> composite(last + 1);
  for (std::size_t n = 2; n <= last; ++n) {
    if (composite[n]) continue;
    std::cout << n << '\n';
    for (std::size_t m = n * n; m <= last; m += n) composite[m] = true;
  }
}
