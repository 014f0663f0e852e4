# The image of Ballast, for amd64 and arm64:
#
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/ballast .
#
# On amd64, what is for arm64 is cross-compiled, so no machine is emulated. tests/testbed/image.sh makes the same without
# Docker and reads the last stage's settings from here.
FROM --platform=$BUILDPLATFORM debian:13-slim AS build
ARG TARGETARCH
WORKDIR /src
COPY scripts scripts
COPY tests/testbed tests/testbed
RUN scripts/image/helm.sh $TARGETARCH
COPY . .
RUN scripts/image/build.sh $TARGETARCH && scripts/image/rootfs.sh /rootfs $TARGETARCH

FROM scratch
COPY --from=build /rootfs /
LABEL org.opencontainers.image.title="Ballast"
LABEL org.opencontainers.image.description="Keeps Apache Kafka safe on Kubernetes"
LABEL org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
ENTRYPOINT ["/usr/bin/ballast-webhook"]
