#include "ballast/api/builtin.h"

#define DEFINE_KIND(identifier, group_, version_, plural_, kind_, scope_) \
    const struct bl_kind bl_kind_##identifier = {                         \
        .resource = {(group_), (version_), (plural_)},                    \
        .kind = (kind_),                                                  \
        .scope = BL_KIND_##scope_,                                        \
    };

BL_BUILTIN_KINDS(DEFINE_KIND)
