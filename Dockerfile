# The images of the server; `make image` builds them, deploy/README.md tells
# how to run them.
#
#   cpu    the server with the CPU half of LibTorch
#   cuda   the same with the CUDA libraries that LibTorch loads
#   test   what `make test` needs, and the tree
#   sbom   nothing but the list of what is in `cpu`, an SPDX document
#
# For BuildKit and buildah. Nothing is fetched but the base image, Debian
# packages and wheels. Two secrets may be given and leave nothing behind:
# pip_conf, a pip.conf (for a private index), and ca, certificates for pip.

ARG BASE=docker.io/library/debian:bookworm-slim

# The names of what is installed, one stage ahead: of the stages below, only
# those are made anew whose own list has changed.
FROM ${BASE} AS lists
WORKDIR /lists
COPY deploy/toolchain/packages.sh deploy/toolchain/debian-packages.txt \
     deploy/toolchain/requirements.txt ./
# hadolint ignore=SC2094
RUN ./packages.sh build >build && ./packages.sh runtime >runtime && \
    ./packages.sh test >test && grep '^torch==' requirements.txt >torch && \
    touch --date=@0 build runtime test torch

FROM ${BASE} AS tools
COPY --from=lists /lists/build /lists/
RUN export DEBIAN_FRONTEND=noninteractive && apt-get update && \
    xargs apt-get install -y --no-install-recommends </lists/build && \
    rm -rf /var/lib/apt/lists/*

# LibTorch, with little of what its wheel brings along.
FROM tools AS torch
COPY --from=lists /lists/torch /lists/
COPY deploy/image/torch_wheels.sh /image/
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip_conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    /image/torch_wheels.sh /wheels "$(cat /lists/torch)" cpu

# What the module with CUDA is compiled with; no image has it.
FROM torch AS headers
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip_conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    /image/torch_wheels.sh /wheels "$(cat /lists/torch)" headers

FROM headers AS build
ARG JOBS=""
ENV CCACHE_DIR=/var/cache/ccache
WORKDIR /src
COPY CMakeLists.txt ./
COPY proto proto
COPY client/cpp client/cpp
COPY client/loadtest client/loadtest
COPY server server
RUN --mount=type=cache,target=/var/cache/ccache \
    cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DSCONCE_BUILD_TESTS=OFF -DSCONCE_BUILD_BENCH=OFF \
      -DSCONCE_TORCH_ROOT="$(echo /wheels/lib/python3*/site-packages/torch)" && \
    cmake --build /build -j "${JOBS:-$(nproc)}" \
      --target sconce-server sconce-load && \
    for component in server loadtest; do \
      cmake --install /build --strip --prefix /opt/sconce \
        --component "$component"; \
    done && \
    cmake --install /build --strip --prefix /opt/sconce-cuda --component cuda
COPY LICENSE /opt/sconce/share/licenses/sconce/

# What is in the headers of these is in the binary.
# hadolint ignore=SC2016
RUN dpkg-query -W -f '${Package} ${Version} ${Architecture} ${source:Package}\n' \
      libcli11-dev nlohmann-json3-dev >/lists/compiled-in

# Not made of the server's sources: the same layer from build to build.
FROM torch AS cpu-libraries
COPY deploy/image/collect_libraries.py /image/
RUN /image/collect_libraries.py --wheels /wheels/lib/python3*/site-packages \
      --to /opt/sconce/lib --licences /opt/sconce/share/licenses \
      libtorch_cpu.so

FROM torch AS cuda-wheels
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip_conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    /image/torch_wheels.sh /wheels "$(cat /lists/torch)" cuda

# Beside what libtorch_cuda.so is linked to, what it and its own libraries load
# by name.
FROM cuda-wheels AS cuda-libraries
COPY deploy/image/collect_libraries.py /image/
RUN /image/collect_libraries.py --wheels /wheels/lib/python3*/site-packages \
      --to /opt/sconce/lib --licences /opt/sconce/share/licenses \
      libtorch_cuda.so libtorch_cuda_linalg.so libcaffe2_nvrtc.so \
      'libnvrtc-builtins.so.*' 'libcudnn_*.so.*'

FROM ${BASE} AS runtime
ARG BASE
COPY --from=lists /lists/runtime /lists/
# Any other numbers do as well; these have a name so that tools can show one.
RUN export DEBIAN_FRONTEND=noninteractive && apt-get update && \
    xargs apt-get install -y --no-install-recommends </lists/runtime && \
    rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* /lists && \
    echo 'nonroot:x:65532:' >>/etc/group && \
    echo 'nonroot:x:65532:65532:nonroot:/nonexistent:/usr/sbin/nologin' \
      >>/etc/passwd && \
    install -d -o 65532 -g 65532 /models
ENV PATH=/opt/sconce/bin:/usr/local/bin:/usr/bin:/bin \
    SCONCE_MODEL_REPOSITORY=/models \
    SCONCE_LISTEN=0.0.0.0
EXPOSE 8001/tcp 8002/tcp
USER 65532:65532
WORKDIR /
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "sconce-server"]
LABEL org.opencontainers.image.title="Sconce" \
      org.opencontainers.image.description="Inference server for TorchScript models" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="$BASE"

FROM cpu-libraries AS cpu-share
ARG VERSION=0.0.0
COPY deploy/image/sbom.py /image/
COPY --from=build /opt/sconce/share /opt/sconce/share
COPY --from=build /lists/compiled-in /lists/
COPY --from=runtime /var/lib/dpkg/status /lists/dpkg-status
RUN /image/sbom.py --version "$VERSION" --lists /lists \
      --wheels /wheels/lib/python3*/site-packages --libraries /opt/sconce/lib \
      >/opt/sconce/share/sbom.spdx.json

FROM cuda-libraries AS cuda-share
ARG VERSION=0.0.0
COPY deploy/image/sbom.py /image/
COPY --from=build /opt/sconce/share /opt/sconce/share
COPY --from=build /lists/compiled-in /lists/
COPY --from=runtime /var/lib/dpkg/status /lists/dpkg-status
RUN /image/sbom.py --version "$VERSION" --lists /lists \
      --wheels /wheels/lib/python3*/site-packages --libraries /opt/sconce/lib \
      >/opt/sconce/share/sbom.spdx.json

FROM scratch AS sbom
COPY --from=cpu-share /opt/sconce/share/sbom.spdx.json /

FROM tools AS test
COPY --from=lists /lists/test /lists/
RUN export DEBIAN_FRONTEND=noninteractive && apt-get update && \
    xargs apt-get install -y --no-install-recommends </lists/test && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /sconce
COPY deploy/toolchain/requirements.txt deploy/toolchain/messages.sh \
     deploy/toolchain/base_venv.sh deploy/image/test_packages.sh /image/
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip_conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    /image/test_packages.sh
COPY . .
CMD ["make", "test"]

FROM runtime AS cuda
COPY --from=cuda-libraries /opt/sconce/lib /opt/sconce/lib
COPY --from=build /opt/sconce/bin /opt/sconce-cuda/bin /opt/sconce/bin/
COPY --from=cuda-share /opt/sconce/share /opt/sconce/share
# What NVIDIA's container runtime puts into the container.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# The last: what a build without a target gives.
FROM runtime AS cpu
COPY --from=cpu-libraries /opt/sconce/lib /opt/sconce/lib
COPY --from=build /opt/sconce/bin /opt/sconce/bin
COPY --from=cpu-share /opt/sconce/share /opt/sconce/share
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
