/** StatefulSets and pods for tests of the command. */
#ifndef BALLAST_TEST_SET_HELP_H
#define BALLAST_TEST_SET_HELP_H

#include "json_help.h"
#include "live/live.h"

#define SET(metadata, strategy, template, status)                                                 \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'kafka','namespace':'k',"    \
    "'resourceVersion':'7','generation':2" metadata "},'spec':{'replicas':3,'updateStrategy':{"   \
    "'type':'" strategy                                                                           \
    "'},'template':{'metadata':{'labels':{'app':'kafka'}},'spec':{'containers':"                  \
    "[{'name':'kafka','image':'apache/kafka:3.9.1','env':[{'name':'KAFKA_PROCESS_ROLES','value':" \
    "'broker'}],'command':['kafka-server-start.sh']}]" template "}}},'status':{'"                 \
                                                                "observedGeneration':2,'"         \
                                                                "updateRevision':'kafka-"         \
                                                                "new'" status "}}"

#define POD(name, revision, more, conditions)                                                   \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" name "','namespace':'k','labels':{"  \
    "'app':'kafka','ballast.dev/role':'broker','controller-revision-hash':'" revision           \
    "'},'ownerReferences':[{'kind':'StatefulSet','name':'kafka','controller':true}]" more       \
    "},'spec':{'nodeName':'node-a','readinessGates':[{'conditionType':'ballast.dev/in-sync'}]," \
    "'containers':[{'name':'kafka','command':['kafka-server-start.sh']}]},"                     \
    "'status':{'phase':'Running','conditions':[" conditions "]}}"

#define IS(type, status) "{'type':'" type "','status':'" status "'}"
#define READY IS("Ready", "True")
#define SAFE \
    "{'type':'ballast.dev/safe-to-disrupt','status':'True','message':'all is in sync elsewhere'}"
#define UNSAFE_FOR(reason, why)                                                                    \
    "{'type':'ballast.dev/safe-to-disrupt','status':'False','reason':'" reason "','message':'" why \
    "'}"
#define UNSAFE(why) UNSAFE_FOR("PartitionsAtRisk", why)

static inline void help_add(struct cli_objects *objects, const char *text)
{
    if (text)
        *BL_PUSH(objects) = help_json(text);
}

#endif
