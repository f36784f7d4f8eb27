#include "store/chains.h"

#include <cstddef>

#include "store/database.h"
#include "store/layer_store.h"

namespace store {

base::Digest put_chain(Database& database,
                       std::span<const base::Digest> diff_ids) {
  Statement statement = database.prepare(
      "INSERT OR IGNORE INTO chains (chain_id, parent, diff_id) "
      "VALUES (?, ?, ?)");
  base::Digest parent;
  for (std::size_t count = 1; count <= diff_ids.size(); ++count) {
    const base::Digest id = chain_id(diff_ids.first(count));
    statement.bind(0, id).bind(2, diff_ids[count - 1]);
    if (parent.is_set()) statement.bind(1, parent);
    statement.run();
    parent = id;
  }
  return parent;
}

void forget_unused_chains(Database& database) {
  database.execute(
      "WITH RECURSIVE stack (chain_id) AS ("
      "  SELECT chain_id FROM images WHERE chain_id NOT NULL"
      "  UNION SELECT chain_id FROM resolved_images WHERE chain_id NOT NULL"
      "  UNION SELECT chains.parent FROM stack JOIN chains USING (chain_id)"
      "  WHERE chains.parent NOT NULL) "
      "DELETE FROM chains WHERE chain_id NOT IN stack");
}

}  // namespace store
