# Checked, not run: no container engine was at hand. The tests read this file; nothing has built it yet.
FROM python:3.13.7-slim-trixie AS package
WORKDIR /source
COPY requirements/build.txt requirements/build.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml LICENSE NOTICE ./
COPY fhirsvc fhirsvc
COPY workers workers
COPY mappings mappings
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel .

FROM python:3.13.7-slim-trixie
ENV PYTHONUNBUFFERED=1
COPY requirements/run.txt /tmp/run.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/run.txt && rm /tmp/run.txt
COPY --from=package /wheel /wheel
RUN pip install --no-cache-dir --no-deps /wheel/*.whl && rm -r /wheel
# A named volume mounted on /data takes over this owner: api and worker write to it without being root.
RUN useradd --system --uid 10001 --no-create-home fhirsvc && install --directory --owner=fhirsvc --mode=0700 /data
USER 10001
WORKDIR /data
ENV FHIRSVC_DATA_DIR=/data
EXPOSE 8000
ENTRYPOINT ["fhirsvc"]
CMD ["serve"]
