# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # root, work, tag, out, layers: those of image.sh
# Images of Kafka and of ZooKeeper: a small Java, the jars, and what starts them as the images of Bitnami do.

JAVA_MODULES=java.base,java.desktop,java.instrument,java.logging,java.management,java.management.rmi,java.naming
JAVA_MODULES+=,java.net.http,java.rmi,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.management
JAVA_MODULES+=,jdk.crypto.ec,jdk.naming.dns,jdk.unsupported,jdk.zipfs
JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k -Djava.net.preferIPv4Stack=true"

# make_java_image kafka|zookeeper: the tag begins with the version. An image is kept, and made again when anything
# that it is made of has changed.
make_java_image() {
    local version=${tag%%-*} jars kept key

    [ -n "$tag" ] || die "which version of $1? image.sh $1 OUT.tar VERSION[-...]"
    [ "$1" = kafka ] && jars=$version || jars=$1-$version
    install_needs "jlink:openjdk-17-jdk-headless file:/usr/share/doc/busybox-static:busybox-static" >/dev/null
    "$root/tests/kafka/jars.sh" "$jars"
    cache=$("$root/tests/kafka/jars.sh")
    key=$(cat "$root/tests/testbed/image.sh" "$root/tests/testbed/lib/java-image.sh" "$root/tests/testbed/java/"* \
        "$root/tests/kafka/jars-$jars.sha256" <(java -version 2>&1) <(echo "$1 $tag") | sha256sum | cut -c1-12)
    kept=$cache/images/$1-$tag-$key.tar
    mkdir -p "$cache/images"
    exec 8>"$cache/images/lock"
    flock 8
    [ -e "$kept" ] || {
        rm -f "$cache/images/$1-$tag-"*
        jre=$cache/images/jre-$( (java -version && declare -f make_jre && echo "$JAVA_MODULES") 2>&1 | sha256sum | cut -c1-12)
        [ -e "$jre" ] || make_jre
        java_root "$1" "$cache/$jars/jars"
        rehearse "$1" "$version"
        out=$kept pack_java
    }
    exec 8>&-
    hand_out "$kept"
}

# make_apache_image: Kafka's, with a layer above it that has the start and the folders of apache/kafka.
make_apache_image() {
    local layer=$work/apache docker=$work/apache/etc/kafka/docker

    (out=$work/kafka.tar && make_java_image kafka)
    mkdir -p "$work/oci" "$docker" "$layer"/etc/kafka/tls "$layer"/opt/kafka/{config,logs} "$layer/mnt/shared/config" "$layer/run/kafka" \
        "$layer/var/lib/kafka/data"
    tar -xf "$work/kafka.tar" -C "$work/oci"
    install -m 755 "$root/tests/testbed/java/run-apache.sh" "$docker/run"
    touch "$docker/server.properties"
    printf 'Configuration: {Loggers: {Root: {level: WARN}}}\n' | tee "$docker/log4j2.yaml" >"$docker/tools-log4j2.yaml"
    umoci insert --image "$work/oci:$tag" "$layer" /
    umoci config --image "$work/oci:$tag" --config.user 1000 --config.entrypoint "" --config.cmd /etc/kafka/docker/run
    umoci gc --layout "$work/oci"
    mkdir -p "$(dirname "$out")"
    tar -C "$work/oci" -cf "$out.new" .
    mv "$out.new" "$out"
}

make_jre() {
    jlink --add-modules "$JAVA_MODULES" --strip-debug --no-man-pages --no-header-files --output "$work/jre"
    find "$work/jre" -exec touch -h -d @1000000000 {} +
    "$work/jre/bin/java" -XX:+UseSerialGC -Xshare:dump >/dev/null
    rm -rf "$cache/images/jre-"*
    cp -a "$work/jre" "$jre.new"
    mv "$jre.new" "$jre"
}

java_root() { # NAME JARS
    local app=$work/root/opt/app

    busybox_root
    rm -f "$work/root/bin/bash"
    cp -L "$(command -v bash)" "$work/root/bin/bash"
    mkdir -p "$app" "$work/root/bitnami"
    chmod 1777 "$work/root/bitnami"
    cp "$2"/*.jar "$app/"
    # The archive of classes knows its jars by their times, and an image has whole seconds.
    touch -d @1000000000 "$app"/*.jar
    libraries "$work/root/bin/bash" "$jre/bin/java" "$jre"/lib/*.so "$jre"/lib/server/libjvm.so
    echo "hosts: files dns" >"$work/root/etc/nsswitch.conf"
    echo "kafka:x:1001:0:kafka:/:/bin/sh" >>"$work/root/etc/passwd"
    # The order is the archive's too, which a wildcard would not promise.
    echo "$JAVA_OPTIONS -XX:SharedArchiveFile=/opt/app/classes.jsa -cp $(cd "$app" && printf '/opt/app/%s:' *.jar)" \
        >"$app/options"
    printf '#!/bin/bash\nexec "$@"\n' >"$work/root/entrypoint.sh"
    cp "$root/tests/testbed/java/run-$1.sh" "$work/root/run.sh"
    chmod 755 "$work/root/entrypoint.sh" "$work/root/run.sh"
}

# libraries PROGRAM...: what they load, at the places where ldd says that it is.
libraries() {
    local library

    ldd "$@" 2>/dev/null | grep -oE '(^|[[:space:]])/[^ :]+ ' | grep -v "$cache" | sort -u | while read -r library; do
        mkdir -p "$work/root$(dirname "$library")"
        [ -e "$work/root$library" ] || cp -L "$library" "$work/root$library"
    done
}

# Without root there is no archive of classes, and every start takes twice as long.
rehearse() { # NAME VERSION
    local options=$work/root/opt/app/options

    [ "$(id -u)" -eq 0 ] || {
        sed -i 's# -XX:SharedArchiveFile=[^ ]*##' "$options"
        return
    }
    cp -a "$work/root" "$work/stage"
    cp -a "$jre" "$work/stage/opt/jre"
    cp "$root/tests/testbed/java/rehearse.sh" "$work/stage/"
    sed -i 's# -XX:SharedArchiveFile=[^ ]*##' "$work/stage/opt/app/options"
    mkdir -p "$work/stage/proc" "$work/stage/dev"
    # shellcheck disable=SC2016 # for the shell inside
    unshare --mount --net --pid --fork --kill-child bash -c '
        mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc"
        busybox ip link set lo up
        exec chroot "$0" /bin/env -i PATH=/bin:/opt/jre/bin HOSTNAME=rehearsal-0 /bin/bash /rehearse.sh "$@"
    ' "$work/stage" "$@" >"$work/rehearsal.log" 2>&1 || {
        tail -n 20 "$work/rehearsal.log" >&2
        die "$1 $2 did not start while its image was made"
    }
    mv "$work/stage/opt/app/classes.jsa" "$work/root/opt/app/"
    rm -rf "$work/stage"
}

# The Java is a layer of its own, the same in all of these images, so that a node stores it once.
pack_java() {
    layers=("$jre:/opt/jre")
    pack "$tag" --config.env PATH=/bin:/opt/jre/bin --config.user 1001 \
        --config.entrypoint /entrypoint.sh --config.cmd /run.sh
}
