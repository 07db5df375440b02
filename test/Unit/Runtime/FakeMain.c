#include "FakeModel.h"
#include "rondo/driver.h"

#include <stdlib.h>

int main(int argc, char **argv) {
  return rondo_main(argc, argv, getenv("FAKE_SINGLE") ? &fake_single_model : &fake_model);
}
