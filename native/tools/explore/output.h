// The lines that kvtool-explore prints: JSON objects, each written whole, whichever thread writes.
#pragma once

#include <nlohmann/json.hpp>

#include "core/explorer/catalog.h"

namespace kvtool::explore {

// Keeps the keys in the order in which they are written.
using Json = nlohmann::ordered_json;

// Ends the process when nobody reads any more.
void print_line(const Json& line);

Json to_json(const Parameters& parameters);
Json to_json(const Limits& limits);
// Every scenario of the catalogue.
Json catalogue_json();

}  // namespace kvtool::explore
