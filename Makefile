# The commands of the project. What they need and the machine lacks, scripts/setup.sh installs.

COMMAND := dist/bin/upstart-crash

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: release ## Build, then crash a service and watch the report arrive
	$(COMMAND) demo

.PHONY: release
release: ## Build the static binaries into dist/bin and check them
	scripts/setup.sh build
	scripts/release.sh

.PHONY: test
test: packages ## Run every test, the hooks' build without delivery included
	scripts/setup.sh build test
	scripts/test.sh

.PHONY: deb rpm tarball packages
deb: ## Pack the programs for Debian and Ubuntu; ARCH=arm64 for that
rpm: ## Pack them for Red Hat and CentOS
tarball: ## Pack them to be unpacked at the root of any host
packages: ## All three
deb rpm tarball packages: release man
	scripts/setup.sh package
	scripts/package.sh $(subst packages,deb rpm tarball,$@)

.PHONY: man
man: ## Make the man pages and the shells' completions, into dist, and docs/configuration.md
	scripts/setup.sh build
	cargo run --locked --example manual dist
	install -m 644 docs/man/*.8 dist/man
	install -m 644 dist/configuration.md docs

.PHONY: lint
lint: ## Format, clippy, licences and bans, shell scripts
	scripts/setup.sh build lint
	scripts/lint.sh

.PHONY: bench
bench: release ## Measure the hooks against their shell counterparts, and the delivery
	cargo bench --bench hooks --bench delivery

.PHONY: clean
clean: ## Remove everything that was built
	cargo clean
	rm -rf dist
