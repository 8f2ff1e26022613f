#include "core/snapshot/v8/constants.h"

#include "core/snapshot/v8/tables/node20.h"
#include "core/snapshot/v8/tables/node22.h"
#include "core/snapshot/v8/tables/node24.h"
#include "core/snapshot/v8/tables/node26.h"

namespace kvtool::snapshot::v8 {

const Constants* constants_of(Version version) {
  for (const Constants* known : {&kNode20, &kNode22, &kNode24, &kNode26})
    if (known->v8 == version) return known;
  return nullptr;
}

}  // namespace kvtool::snapshot::v8
