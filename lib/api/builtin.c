#include "ballast/api/builtin.h"

#include "ballast/base/text.h"

#define DEFINE_KIND(identifier, group_, version_, plural_, kind_, scope_) \
    const struct bl_kind bl_kind_##identifier = {                         \
        .resource = {(group_), (version_), (plural_)},                    \
        .kind = (kind_),                                                  \
        .scope = BL_KIND_##scope_,                                        \
        .qualified = plural_ "." group_,                                  \
    };

BL_BUILTIN_KINDS(DEFINE_KIND)

bool bl_namespace_excluded(const char *namespace)
{
    static const char *const excluded[] = {"kube-system", "kube-public", "kube-node-lease",
                                           "ballast-system", NULL};

    return bl_text_in(namespace, excluded);
}
