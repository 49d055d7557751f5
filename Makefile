# Both make their own .venv and change nothing outside this directory but for missing system packages, which are
# installed where that needs no password and otherwise named. PYTHON=... and CXX=... choose the tools.
# Everything else is in noxfile.py.

.PHONY: demo test
.NOTPARALLEL:

demo:
	@scripts/setup.sh demo
	@.venv/bin/python -m hostmode demo

test:
	@scripts/setup.sh test
	@scripts/test_cpp.sh release -DHOSTMODE_WERROR=OFF
	@scripts/test_python.sh
