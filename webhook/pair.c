#include "pair.h"

#include "ballast/base/log.h"

/* Far more than a chain or a key has. */
#define PEM_MAX_BYTES ((size_t)256 << 10)

int bl_pair_read(const struct bl_pair_files *files, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf chain = BL_STRBUF_INIT(PEM_MAX_BYTES);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf secret = BL_STRBUF_INIT(PEM_MAX_BYTES);

    if (bl_file_read(files->cert, &chain, err) < 0 || bl_file_read(files->key, &secret, err) < 0)
        return -1;
    if (bl_tls_set_pair(files->tls, chain.text, chain.len, secret.text, secret.len, err) < 0)
        return bl_wrap(err, "%s, %s", files->cert, files->key);
    return 0;
}

void bl_pair_look(struct bl_pair_files *files)
{
    BL_ERROR(err);
    int64_t before, after;

    if (!files->tls)
        return;
    before = bl_tls_expiry(files->tls);
    if (bl_pair_read(files, &err) < 0) {
        bl_complaint_raise(&files->complaint, files->metrics, BL_SOURCE_CERTIFICATE,
                           "certificate not replaced", err);
        return;
    }
    after = bl_tls_expiry(files->tls);
    bl_complaint_settle(&files->complaint, files->metrics, BL_SOURCE_CERTIFICATE, after != before);
    if (after != before)
        BL_LOG(BL_LOG_INFO, "certificate replaced", BL_LOG_INT("expires", after));
}
