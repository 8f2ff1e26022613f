// Events as JSON, the form in which they cross the C ABI. Types that JSON cannot carry travel in tagged
// objects:
// {"$integer": "18446744073709551616"} and {"$nested": "<json>"}, so that every value keeps its type.
#pragma once

#include <string>

#include "core/recorder/event.h"

namespace kvtool::capi {

// Throws std::exception on malformed JSON, or a value that is neither plain nor tagged.
Metadata parse_metadata(const char* json);
std::string to_json(const Event& event);

}  // namespace kvtool::capi
