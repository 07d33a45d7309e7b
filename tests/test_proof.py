"""What is claimed of cnnlib, and the tests that prove it: a map, which this file keeps true."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cnnlib import functional, layers

HERE = Path(__file__).parent

PROOF = {
    "every function and layer against PyTorch, float32 and float64": [
        *("test_functional::test_torch", "test_pooling::test_torch", "test_dense::test_torch"),
        *("test_activations::test_torch", "test_losses::test_torch", "test_layers::test_torch"),
        *("test_normalisation::TestBatchNorm::test_torch", "test_blocks::test_torch"),
        "test_normalisation::TestDropout::test_torch_scales_alike",
        *("test_optim::test_every_step_is_pytorchs", "test_train::test_training_is_pytorchs"),
        "test_optim::test_schedules_are_pytorchs",
        "test_layers::test_batch_norm_running_statistics_are_those_of_torch",
    ],
    "non-square, n_C ≠ n_C_prev, strides > kernel, leftovers, padding > 0, batch 1": [
        "test_functional::TestConv2d::test_equals_the_loops_everywhere",
        "test_functional::TestConv2dBackward::test_equals_the_loops_everywhere",
        "test_pooling::TestMaxPool::test_equals_the_loops_everywhere",
        "test_pooling::TestAvgPool::test_equals_the_loops_everywhere",
    ],
    "against the loops": [
        "test_functional::TestConv2d::test_equals_the_loops",
        "test_functional::TestConv2dBackward::test_equals_the_loops",
        "test_pooling::TestMaxPool::test_equals_the_loops",
        "test_pooling::TestMaxPoolBackward::test_equals_the_loops",
        "test_pooling::TestAvgPool::test_equals_the_loops",
        "test_pooling::TestAvgPoolBackward::test_equals_the_loops",
        *("test_dense::test_equals_the_loops", "test_losses::test_the_loops"),
        "test_normalisation::TestBatchNorm::test_equals_the_loops",
    ],
    "by finite differences with random upstream": [
        "test_functional::TestConv2dBackward::test_finite_differences",
        "test_pooling::TestMaxPoolBackward::test_finite_differences",
        "test_pooling::TestAvgPoolBackward::test_finite_differences",
        *("test_dense::test_finite_differences", "test_activations::test_finite_differences"),
        "test_losses::test_finite_differences",
        "test_normalisation::TestBatchNorm::test_finite_differences",
        "test_layers::test_gradients_are_those_of_the_forward",
        "test_blocks::test_gradients_are_those_of_the_forward",
        "test_gradcheck::test_each_mistake_is_caught",
    ],
    "by the adjoint identity": [
        "test_functional::TestConv2dBackward::test_is_the_adjoint",
        "test_pooling::TestMaxPoolBackward::test_is_the_adjoint_of_picking_the_winners",
        *(
            "test_pooling::TestAvgPoolBackward::test_is_the_adjoint",
            "test_dense::test_is_the_adjoint",
        ),
        "test_normalisation::TestDropout::test_is_its_own_adjoint",
        "test_gradcheck::test_a_convolution_and_its_backward_are_adjoint_to_rounding",
        "test_gradcheck::test_a_whole_network_and_its_backward_are_adjoint",
    ],
    "linearity": [
        "test_functional::TestConv2d::test_is_linear_in_the_images_and_in_the_filters",
        "test_normalisation::TestBatchNorm::test_backward_is_linear",
        "test_pooling::TestMaxPoolBackward::test_is_linear_in_the_gradient",
        "test_activations::test_the_backward_pass_is_linear",
    ],
    "shift equivariance": [
        "test_functional::TestConv2d::test_is_shift_equivariant_away_from_the_borders",
        "test_pooling::TestMaxPool::test_is_equivariant_to_shifts_by_the_stride",
    ],
    "identities": [
        "test_functional::TestConv2d::test_padding_is_a_valid_convolution_of_the_padded_image",
        "test_functional::TestConv2d::test_1x1_is_a_dense_layer_at_every_pixel",
        "test_functional::TestConv2d::test_kernel_as_large_as_the_image_is_a_dense_layer",
        "test_functional::TestConv2d::test_two_filters_after_each_other_are_one",
        "test_functional::TestConv2d::test_an_impulse_gives_the_flipped_filters",
        "test_dense::test_is_a_convolution_with_a_kernel_as_large_as_the_image",
        "test_pooling::TestAvgPool::test_is_a_convolution_of_each_channel",
        "test_pooling::TestMaxPool::test_commutes_with_increasing_functions",
        "test_blocks::test_a_residual_with_a_zero_body_is_the_identity",
        "test_blocks::test_concat_lays_channels_side_by_side_in_order",
    ],
    "ties in max pooling": [
        *(
            "test_pooling::TestTies::test_by_hand",
            "test_pooling::TestTies::test_of_a_constant_image",
        ),
        "test_pooling::TestTies::test_torch_has_the_same_winners",
    ],
    "max pooling pads with −∞, average says whether padding counts": [
        "test_pooling::TestMaxPool::test_padding_is_minus_infinity",
        "test_pooling::TestAvgPool::test_equals_the_loops_everywhere",
        "test_pooling::TestAvgPoolBackward::test_nothing_is_lost_but_what_the_padding_gets",
    ],
    "same seed, same digits, across runs and thread counts": [
        "test_train::test_the_same_seed_gives_the_same_digits",
        "test_train::test_the_same_seed_in_another_process_and_with_two_threads",
        *(
            "test_blocks::test_same_seed_same_weights",
            "test_split::test_same_seed_same_split_other_seed_another",
        ),
        "test_augment::test_same_seed_same_pictures_other_seed_others",
        "test_normalisation::TestDropout::test_the_seed_decides",
    ],
    "training learns": [
        "test_train::test_the_loss_falls_and_unseen_digits_are_recognised",
        "test_train::test_20_images_are_learned_by_heart",
        "test_train::test_the_recipe_for_the_clothes_that_ship",
    ],
    "bad inputs each with their message": [
        *("test_errors::test_whole_message", "test_errors_layers::test_whole_message"),
        *("test_train::test_bad_inputs", "test_train::test_bad_inputs_to_evaluate_and_predict"),
        *(
            "test_layers::test_bad_input_gets_a_clear_error",
            "test_saving::test_a_folder_is_no_file",
        ),
        *("test_blocks::test_bad_input_gets_a_clear_error", "test_optim::test_bad_settings"),
        *(
            "test_gradcheck::test_bad_input_gets_a_clear_error",
            "test_split::test_what_cannot_be_done_is_said",
        ),
        *(
            "test_summary::test_bad_input_gets_a_clear_error",
            "test_models::test_bad_input_gets_a_clear_error",
        ),
    ],
    "non-contiguous and Fortran-ordered inputs": [
        "test_functional::TestNumbers::test_memory_layout_does_not_matter",
        "test_pooling::TestArguments::test_memory_layouts",
        "test_activations::test_dtypes_and_memory_layouts",
        "test_losses::test_dtypes_and_memory_layouts",
        "test_normalisation::TestBatchNorm::test_dtypes_memory_and_new_arrays",
        "test_normalisation::TestDropout::test_dtypes_and_memory_layouts",
        "test_augment::test_any_memory_layout",
    ],
    "empty batch": ["test_errors::test_empty", "test_errors_layers::test_empty"],
    "huge and tiny values": [
        "test_functional::TestNumbers::test_huge_but_finite_numbers_are_not_refused",
        "test_pooling::TestArguments::test_huge_and_tiny_numbers",
        "test_activations::test_huge_and_tiny_numbers",
        "test_losses::TestCrossEntropy::test_huge_logits",
        "test_losses::TestMeanSquaredError::test_squares_that_float32_cannot_hold",
        "test_normalisation::TestBatchNorm::test_huge_and_tiny_numbers",
    ],
    "a docstring with shapes, errors, source and a doctest": [
        "test_reference::test_a_docstring_says_what_goes_in_what_comes_out_what_goes_wrong_and_who_says_so",
    ],
}

# In the files below all arrays that go in are read-only, in every test.
NEVER_CHANGED = (
    *("activations", "augment", "blocks", "dense", "functional", "layers", "losses"),
    *("normalisation", "pooling", "split", "train"),
)


def names(tree: ast.AST, prefix: str) -> set[str]:
    """The tests of a file: test_x::test_y, test_x::TestZ::test_y."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            found |= names(node, f"{prefix}::{node.name}")
        elif isinstance(node, ast.FunctionDef):
            found.add(f"{prefix}::{node.name}")
    return found


@pytest.fixture(scope="module")
def tests() -> set[str]:
    files = HERE.glob("test_*.py")
    return {name for f in files for name in names(ast.parse(f.read_text(encoding="utf8")), f.stem)}


@pytest.mark.parametrize("claim", PROOF)
def test_every_claim_has_its_tests(claim, tests):
    assert PROOF[claim]
    assert set(PROOF[claim]) - tests == set()


@pytest.mark.parametrize("name", NEVER_CHANGED)
def test_arguments_are_never_changed(name):
    source = (HERE / f"test_{name}.py").read_text(encoding="utf8")
    assert "flags.writeable = False" in source or "setflags(write=False)" in source


# these two say how large something is, or only move numbers: their own tests say all
NOT_OF_TORCH = {"output_size", "pad2d", "correlate2d"}


def test_no_function_is_left_out():
    """Each stands in a test file that compares with PyTorch."""
    with_torch = [
        source
        for file in HERE.glob("test_*.py")
        if 'importorskip("torch' in (source := file.read_text(encoding="utf8"))
    ]
    for name in set(functional.__all__) - NOT_OF_TORCH:
        assert any(name in source for source in with_torch), name
    for name in set(layers.__all__) - {"Layer", "Path", "Window"}:
        assert any(name in source for source in with_torch), name
