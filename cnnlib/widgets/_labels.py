"""Whether a label survives an augmentation: the answers that AugmentationLab gives.

For each label and each kind of change: up to which strength the label is true, why, and why not
beyond it. `_OFTEN` has what holds for most pictures.
"""

from __future__ import annotations

__all__ = ["VERDICTS"]

Verdict = tuple[float, str, str]

_OFTEN: dict[str, Verdict] = {
    "shift": (
        4,
        "It is the same thing in another place.",
        "So far, it is pushed out of the picture: what is left may be something else, or nothing.",
    ),
    "crop": (
        0.8,
        "A closer look, and all that matters is still in it.",
        "The window may miss what the label is about. Nobody could tell from such a piece.",
    ),
    "noise": (
        0.3,
        "You still see what it is, and the noise is new each time.",
        "Hardly anyone could still say what it is: a label that cannot be seen teaches to guess.",
    ),
    "brightness": (
        0.75,
        "More or less light, the same thing. What would exceed 255 is cut off.",
        "The factor may be 0: a black picture, with a label all the same.",
    ),
    "contrast": (
        0.75,
        "A flat or a hard picture of the same thing.",
        "The factor may be 0: one even grey, with a label all the same.",
    ),
}

VERDICTS: dict[str, dict[str, Verdict]] = {
    "the digit 6": _OFTEN
    | {
        "rotate": (
            30,
            "People slant their digits; this is still a 6.",
            "A 6 turned by 180° is a 9. At 90° it is a 6 as nobody writes it.",
        ),
        "flip": (
            0,
            "Nothing is changed.",
            "A mirrored 6 is no digit. The network would learn shapes that nobody writes.",
        ),
        "upside down": (
            0,
            "Nothing is changed.",
            "Upside down it is a mirrored 9: certainly no 6.",
        ),
    },
    "the digit 8": _OFTEN
    | {
        "crop": (
            0.8,
            "A closer look, and all that matters is still in it.",
            "One loop of an 8 alone is a 0.",
        ),
        "rotate": (
            30,
            "People slant their digits; this is still an 8.",
            "At 90° it is an 8 as nobody writes it. Upside down, at 180°, an 8 is an 8 again; "
            "but the step draws every angle on the way, too.",
        ),
        "flip": (
            1,
            "An 8 survives it. But the step does not see labels: it mirrors "
            "the 2 and the 6 as well.",
            "",
        ),
        "upside down": (
            1,
            "An 8 survives it. But the step does not see labels: it turns the 6 over as well.",
            "",
        ),
    },
    "a Sneaker": _OFTEN
    | {
        "rotate": (
            180,
            "A shoe remains a shoe. Whether it helps is another question: "
            "here every shoe stands on its sole, pointing left.",
            "",
        ),
        "flip": (
            1,
            "The mirror image of this thing is also one, and just as likely "
            "in a photograph. (In this set all shoes point left; the dev set "
            "tells whether it helps.)",
            "",
        ),
        "upside down": (
            1,
            "True, and of little use: in this set no shoe stands on its head.",
            "",
        ),
    },
    "a T-shirt/top": _OFTEN
    | {
        "rotate": (
            180,
            "A shirt remains a shirt. Whether it helps is another question: "
            "here all of them hang upright.",
            "",
        ),
        "flip": (
            1,
            "The mirror image of this thing is also one, and just as likely in a photograph.",
            "",
        ),
        "upside down": (
            1,
            "True, and of little use: in this set no shirt hangs upside down.",
            "",
        ),
    },
    "an orange suit": _OFTEN
    | {
        "shift": (
            10,
            "It is the same thing in another place.",
            "",
        ),
        "rotate": (
            180,
            "The suit remains orange. But photographs are seldom upside down:"
            " beyond a slight tilt you train for what does not occur.",
            "",
        ),
        "flip": (
            1,
            "The mirror image of this thing is also one, and just as likely "
            "in a photograph. (The stripes of the flag are not: for “which "
            "way does the flag fly” it would be a lie.)",
            "",
        ),
        "upside down": (
            1,
            "The suit remains orange; but such pictures do not occur.",
            "",
        ),
        "saturation": (
            0.75,
            "Paler or more colourful, but orange.",
            "The factor may be 0: a grey suit.",
        ),
        "hue": (
            0.02,
            "Still orange, as another lamp would show it.",
            "Red, then pink, or yellow, then green: the label names the "
            "colour. So with ripe and unripe tomatoes. Were the label “a "
            "person”, it would hold.",
        ),
    },
}
