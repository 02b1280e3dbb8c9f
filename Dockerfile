# syntax=docker/dockerfile:1
# For the CPU:      docker build --tag slceleb .
# For NVIDIA GPUs:  docker build --tag slceleb:cuda --build-arg DEVICE=cuda \
#                       --build-arg BASE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04 .
# A package index of your own:  --secret id=pip,src=pip.conf

# A Debian or Ubuntu with Python 3.10 to 3.13.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS python
ENV DEBIAN_FRONTEND=noninteractive
# Versions are the distribution's, with its security updates.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libegl1 libgl1 libgles2 libglib2.0-0 libxcb1 python3 \
    && rm -rf /var/lib/apt/lists/*

FROM python AS build
ARG DEVICE=cpu
# The newest that was there when constraints.txt was made; it wants CUDA 13 and cuDNN 9.
ARG ONNXRUNTIME_GPU=onnxruntime-gpu==1.31.1
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# The extras bring the model files, so that nothing is downloaded later. Byte-code is made here: no later user can write it.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/slceleb \
    && PIP_CONSTRAINT=/source/constraints.txt /opt/slceleb/bin/pip install --compile \
        . './plugins/detector_mediapipe[offline]' './plugins/recognizer_insightface[offline]' \
        './plugins/speaker_xcorr[silero]'
# Both packages install the folder `onnxruntime`: only one of them may be there.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=cache,target=/root/.cache/pip \
    if [ "${DEVICE}" = cuda ]; then \
        /opt/slceleb/bin/pip uninstall --yes onnxruntime \
        && /opt/slceleb/bin/pip install --compile --no-deps "${ONNXRUNTIME_GPU}"; \
    fi

FROM python
COPY --from=build /opt/slceleb /opt/slceleb
# Whatever user it is run as: there may be no entry, and so no home, for that number.
ENV PATH=/opt/slceleb/bin:${PATH} HOME=/tmp SLCELEB_OFFLINE=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin slceleb
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["slceleb"]
CMD ["--help"]
