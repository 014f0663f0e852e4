# The image of Ballast. tests/testbed/image.sh makes the same without Docker and reads the last stage's settings
# from here.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN scripts/image/build.sh && scripts/image/rootfs.sh /rootfs

FROM scratch
COPY --from=build /rootfs /
LABEL org.opencontainers.image.title="Ballast"
LABEL org.opencontainers.image.description="Keeps Apache Kafka safe on Kubernetes"
LABEL org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
ENTRYPOINT ["/usr/bin/ballast-webhook"]
