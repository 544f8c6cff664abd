#include "sim/base/status.h"
