"""What takes images, windows of an input or frames of a wave, which have to fit into its axes."""

from __future__ import annotations

from .demands import Known, Value, shape_of
from .sizes import Call, Sizes

IMAGES = frozenset("sobel_edges image_gradients total_variation ssim ssim_multiscale psnr".split())
COLOURS = frozenset(
    f"{one}_to_{other}"
    for one in ("rgb", "hsv", "yiq", "yuv")
    for other in ("grayscale", "rgb", "hsv", "yiq", "yuv")
)
WINDOWED = {
    f"{name}{axes}d": axes + 2
    for name in ("conv", "depthwise_conv", "separable_conv", "max_pool", "avg_pool", "pool")
    for axes in (1, 2, 3)
} | dict.fromkeys("max_pool avg_pool extract_patches erosion2d dilation2d".split(), 4)
"""How many axes what goes over an input in windows asks for."""
_WINDOW, _SCALES = 11, 5
"""The window of structural similarity, and the scales, each half as large, at which it is taken."""
_FRAMES = 3
"""So many frames of a spectrum follow the first."""


def images(sizes: Sizes, call: Call) -> Value:
    """Measures of images, which have height, width and channels."""
    for each in call.views:
        sizes.demands.at(each.path).rank = 4
        if call.name.startswith("ssim"):
            side = _structured(call)
            sizes.demands.at(each.path).least.update({1: side, 2: side})
    return None


def colours(sizes: Sizes, call: Call) -> Value:
    """Images in another space of colours, which have three channels."""
    sizes.demands.at(call.view.path).rank = 4
    sizes.exactly(call.view, -1, 3)
    return None


def _structured(call: Call) -> int:
    """The least height and width of images of which the structural similarity is taken."""
    several = call.name == "ssim_multiscale"
    given = dict(
        zip(("max_val", *(["power_factors"] * several), "filter_size"), call.arguments[2:])
    )
    given.update(call.named)
    window, factors = given.get("filter_size"), given.get("power_factors")
    size = window.value if isinstance(window, Known) else _WINDOW
    if not several:
        return int(size) + 1
    scales = shape_of(factors.value) if isinstance(factors, Known) else (_SCALES,)
    return int(size) << ((scales or (_SCALES,))[0] - 1)


def windowed(sizes: Sizes, call: Call) -> Value:
    """What goes over an input in windows, with a filter where it is a convolution."""
    rank = WINDOWED[call.name]
    sizes.of_rank(call.view, rank)
    size = shape_of(call.second.value) if isinstance(call.second, Known) else None
    if call.view.whole and size and len(size) == rank:
        sizes.exactly(call.view, -1, size[-2])
        least = sizes.demands.at(call.view.path).least
        for axis, needed in enumerate(size[:-2], 1):
            least[axis] = max(least.get(axis, 1), needed)
    return None


def framed(sizes: Sizes, call: Call) -> Value:
    """A spectrum of frames along the last axis, which have to fit there."""
    given = dict(zip(("frame_length", "frame_step"), call.arguments[1:]))
    given.update(call.named)
    length = given.get("frame_length", given.get("sequence_length"))
    step = given.get("frame_step", given.get("sequence_stride", length))
    known = [each.value for each in (length, step) if isinstance(each, Known)]
    if len(known) == 2 and not call.view.lost and not call.view.cut:
        axis, least = -1 - call.view.back, sizes.demands.at(call.view.path).least
        least[axis] = max(least.get(axis, 1), int(known[0] + _FRAMES * known[1]))
    return None
