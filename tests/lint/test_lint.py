"""The lints hold for this checkout, and each finds the faults planted here."""

import pathlib

import check_layers
import check_sizes
import check_tests_built
import cxx_functions
import pytest
import run_lint
import tree


def plant(root: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", run_lint.CHECKS)
def test_checkout_has_no_fault(name):
    try:
        faults = run_lint.CHECKS[name](tree.repository_root())
    except run_lint.Skipped as reason:
        pytest.skip(str(reason))
    assert not faults, "\n" + "\n".join(faults)


# Layers


@pytest.mark.parametrize("here, there", [
    ("server/base/a.h", "server/core/b.h"),
    ("server/tensor/a.h", "server/telemetry/b.h"),
    ("server/core/a.cc", "server/batching/b.h"),
    ("server/rpc/a.cc", "server/runtime/b.h"),
    ("server/rpc/a.cc", "server/admin/b.h"),
    ("server/runtime/cuda/a.cc", "server/rpc/b.h"),
    ("server/core/a.cc", "server/server.h"),
    ("server/novelty/a.cc", "server/base/b.h"),
    ("server/main.cc", "tests/support/b.h"),
    ("client/cpp/a.cc", "server/base/b.h"),
    ("client/cpp/include/sconce/a.h", "server/base/b.h"),
    ("client/cpp/include/sconce/a.h", "client/cpp/src/b.h"),
])
def test_include_against_the_direction_is_found(tmp_path, here, there):
    plant(tmp_path, {here: f'#include "{there}"\n', there: ""})
    faults = check_layers.check(tmp_path)
    assert len(faults) == 1 and faults[0].startswith(f"{here}:1: ")


@pytest.mark.parametrize("here, included", [
    ("server/rpc/a.cc", "<torch/script.h>"),
    ("server/core/a.cc", '"ATen/ATen.h"'),
    ("tests/bench/echo.cc", '"c10/core/Device.h"'),
    ("server/runtime/a.cc", "<c10/cuda/CUDAStream.h>"),
    ("server/device/a.cc", "<cuda_runtime_api.h>"),
    ("tests/unit/runtime/a.cc", "<nvml.h>"),
    ("server/server.cc", "<grpcpp/grpcpp.h>"),
    ("server/sources/a.cc", '"inference/grpc_service.pb.h"'),
    ("server/runtime/a.cc", '"inference/model_config.pb.h"'),
    ("server/core/a.cc", "<google/protobuf/message.h>"),
    ("server/runtime/a.cc", "<prometheus/counter.h>"),
    ("server/rpc/a.cc", "<httplib.h>"),
    ("server/base/a.cc", "<spdlog/spdlog.h>"),
    ("server/main.cc", "<CLI/CLI.hpp>"),
    ("server/core/a.cc", '"sconce/client.h"'),
    ("client/cpp/include/sconce/a.h", "<grpcpp/grpcpp.h>"),
    ("client/cpp/include/sconce/a.h", '"inference/grpc_service.pb.h"'),
])
def test_library_in_the_wrong_folder_is_found(tmp_path, here, included):
    plant(tmp_path, {here: f"// first line\n#  include {included}\n"})
    faults = check_layers.check(tmp_path)
    assert len(faults) == 1 and faults[0].startswith(f"{here}:2: ")


@pytest.mark.parametrize("call", [
    "  at::set_num_threads(2);",
    '  setenv("A", "b", 1);',
    "  torch::jit::getProfilingMode() = true;",
])
def test_process_settings_in_the_wrong_file_are_found(tmp_path, call):
    plant(tmp_path, {"server/runtime/a.cc": f"// setenv(\n{call}\n",
                     "server/runtime/torch_process.cc": f"{call}\n"})
    (fault,) = check_layers.check(tmp_path)
    assert fault.startswith("server/runtime/a.cc:2: ")


def test_include_cycle_is_found_once(tmp_path):
    plant(tmp_path, {
        "server/base/a.h": '#include "server/base/b.h"\n',
        "server/base/b.h": '#include "server/base/c.h"\n',
        "server/base/c.h": '#include "server/base/a.h"\n',
    })
    faults = check_layers.check(tmp_path)
    assert len(faults) == 1 and "include cycle" in faults[0]


def test_path_relative_to_the_file_is_found(tmp_path):
    plant(tmp_path, {"server/rpc/a.cc": '#include "b.h"\n',
                     "server/rpc/b.h": ""})
    assert "repository's root" in check_layers.check(tmp_path)[0]


def test_thirteenth_file_with_all_of_torch_is_found(tmp_path):
    files = {f"server/runtime/f{n}.cc": "#include <torch/script.h>\n"
             for n in range(13)}
    assert "13 files" in check_layers.check(plant(tmp_path, files))[0]


def test_downward_includes_pass(tmp_path):
    plant(tmp_path, {
        "server/runtime/a.cc": '#include "server/batching/b.h"\n'
                               "#include <torch/script.h>\n",
        "server/batching/b.h": '#include "server/core/c.h"\n',
        "server/core/c.h": "#include <string>\n",
        "server/server.cc": '#include "server/runtime/d.h"\n',
        "server/runtime/d.h": "",
        "tests/unit/rpc/e_test.cc": '#include "server/core/c.h"\n',
    })
    assert not check_layers.check(tmp_path)


# Sizes

GOOD_HEADER = """// What it is for.
#ifndef SERVER_RPC_A_B_H_
#define SERVER_RPC_A_B_H_
#endif  // SERVER_RPC_A_B_H_
"""


@pytest.mark.parametrize("old, new, complaint", [
    ("// What it is for.\n", "", "comment at the top"),
    ("SERVER_RPC_A_B_H_", "RPC_A_B_H", "include guard"),
    ("#endif  // SERVER_RPC_A_B_H_", "#endif", "last line"),
    ("#endif", "int x;\n" * 400 + "#endif", "file has"),
])
def test_faulty_header_is_found(tmp_path, old, new, complaint):
    plant(tmp_path, {"server/rpc/a_b.h": GOOD_HEADER.replace(old, new)})
    faults = check_sizes.check(tmp_path)
    assert any(complaint in fault for fault in faults), faults


def test_good_header_passes(tmp_path):
    plant(tmp_path, {"server/rpc/a_b.h": GOOD_HEADER})
    assert not check_sizes.check(tmp_path)


def test_long_functions_are_found_in_both_languages(tmp_path):
    plant(tmp_path, {
        "server/rpc/a.cc": "int Long() {\n" + "  Step();\n" * 99 + "}\n",
        "models/a.py": "def long():\n" + "    step()\n" * 99,
    })
    faults = check_sizes.check(tmp_path)
    assert len(faults) == 2
    assert "server/rpc/a.cc:1: Long has 101 lines" in faults[0]


def test_a_little_over_budget_is_a_warning(tmp_path):
    plant(tmp_path, {"server/rpc/a.cc": "int x;\n" * 500})
    assert not check_sizes.check(tmp_path)
    assert len(check_sizes.warnings(tmp_path)) == 1


def test_functions_are_told_from_other_braces():
    source = r'''
namespace sconce {
constexpr int kTable[] = {1, 2, 1'000};
// A comment with { and "a quote
template <typename T, class U>
class Box : public Base<T> {
 public:
  explicit Box(int size) : size_(size) {}
  char Brace() const { return '{'; }

 private:
  int size_ = 0;
};
absl::Status Box::Fill(absl::string_view text,
                       int count) {
  if (count > 0) {
    Log("}} \" {", R"x({{{)x");
  }
  auto twice = [&] { return 2 * count; };
  return absl::OkStatus();
}
TEST(BoxTest, IsEmpty) {
}
}  // namespace sconce
'''
    found = [(each.name, each.line, each.lines)
             for each in cxx_functions.functions(source)]
    assert found == [("Box", 8, 1), ("Brace", 9, 1), ("Box::Fill", 14, 8),
                     ("TEST(BoxTest, IsEmpty)", 22, 2)]


# Tests that are built

RUNNER = 'PYTEST_FOLDERS = {"lint": "tests/lint"}\n'


@pytest.mark.parametrize("cmake", [
    "add_executable(t rpc/a_test.cc)",
    "add_executable(t ${CMAKE_CURRENT_SOURCE_DIR}/rpc/a_test.cc)",
    "file(GLOB_RECURSE tests CONFIGURE_DEPENDS *_test.cc)",
    'file(GLOB tests "${PROJECT_SOURCE_DIR}/tests/unit/rpc/*_test.cc")',
    "file(GLOB sources ${folder}/*_test.cc)\nmake_test(rpc sconce_rpc)",
])
def test_built_test_passes(tmp_path, cmake):
    plant(tmp_path, {"tests/unit/CMakeLists.txt": cmake,
                     "tests/unit/rpc/a_test.cc": "",
                     "tests/run_tests.py": RUNNER})
    assert not check_tests_built.check(tmp_path)


@pytest.mark.parametrize("cmake", [
    "# rpc/a_test.cc",
    "add_executable(t rpc/b_test.cc)",
    "file(GLOB tests *_test.cc)",
    "file(GLOB sources ${folder}/*_test.cc)\nmake_test(core sconce_core)",
])
def test_forgotten_cxx_test_is_found(tmp_path, cmake):
    plant(tmp_path, {"tests/unit/CMakeLists.txt": cmake,
                     "tests/unit/rpc/a_test.cc": "",
                     "tests/run_tests.py": RUNNER})
    assert "tests/unit/rpc/a_test.cc" in check_tests_built.check(tmp_path)[0]


def test_forgotten_python_test_is_found(tmp_path):
    plant(tmp_path, {"tests/run_tests.py": RUNNER,
                     "tests/lint/test_a.py": "",
                     "models/test_b.py": "",
                     "build/test_c.py": ""})
    faults = check_tests_built.check(tmp_path)
    assert len(faults) == 1 and "models/test_b.py" in faults[0]


# Format


def test_badly_formatted_file_is_found(tmp_path):
    style = (tree.repository_root() / ".clang-format").read_text("utf-8")
    plant(tmp_path, {".clang-format": style,
                     "server/base/a.cc": "int  Twice( int x ){return 2*x;}\n"})
    assert any("server/base/a.cc:1" in fault
               for fault in run_lint.check_format(tmp_path))


# Types


def test_a_wrong_type_is_found(tmp_path):
    pytest.importorskip("mypy")
    plant(tmp_path, {
        "models/pyproject.toml": "[tool.mypy]\nstrict = true\n",
        "models/sconce/right.py": "def one() -> int:\n    return 1\n",
    })
    assert not run_lint.check_types(tmp_path)
    plant(tmp_path, {"models/sconce/wrong.py": "def one() -> int:\n"
                                               "    return 'one'\n"})
    assert any(fault.startswith("models/sconce/wrong.py:2: error:")
               for fault in run_lint.check_types(tmp_path))
