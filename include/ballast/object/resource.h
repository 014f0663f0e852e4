/** A kind of objects, as the paths of the API name it: /apis/GROUP/VERSION/PLURAL. */
#ifndef BALLAST_OBJECT_RESOURCE_H
#define BALLAST_OBJECT_RESOURCE_H

struct bl_resource {
    const char *group; /* "" is the core group */
    const char *version;
    const char *plural;
};

#endif
