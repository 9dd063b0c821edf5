"""The rules on classes and on how losses are compiled: what they mend, report and leave alone."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix.model import Finding, Severity

CALL = """
    def call(self, y_true, y_pred):
        return self.w * tf.keras.losses.mean_squared_error(y_true, y_pred)
"""


def loss_class(init: str, rest: str = "") -> str:
    return f"class WLoss(tf.keras.losses.Loss):\n{init}\n{CALL}{rest}"


def init(signature: str, *statements: str) -> str:
    return f"    def __init__({signature}):\n" + "\n".join(f"        {each}" for each in statements)


def only(found: tuple[Finding, ...]) -> Finding:
    (finding,) = found
    return finding


@pytest.mark.parametrize(
    ("signature", "call"),
    [
        ("self, w", "super().__init__()"),
        ("self, w, **kwargs", "super().__init__(**kwargs)"),
        ("self, w, name='w'", "super().__init__(name=name)"),
        (
            "self, w, reduction=None, name='w', **kw",
            "super().__init__(reduction=reduction, name=name, **kw)",
        ),
    ],
)
def test_the_constructor_of_the_parent_is_called_first(signature: str, call: str) -> None:
    after = rewritten(loss_class(init(signature, '"""Doc."""', "self.w = w")), "missing-super-init")
    assert lines(init(signature, '"""Doc."""', call, "self.w = w")) in lines(
        after.partition("\n")[2]
    )


@pytest.mark.parametrize(
    "source",
    [
        loss_class(init("self, w", "super().__init__()", "self.w = w")),
        loss_class(init("self, w", "super(WLoss, self).__init__(name='w')", "self.w = w")),
        loss_class(init("self, w", "tf.keras.losses.Loss.__init__(self)", "self.w = w")),
        loss_class(init("self, w", "if w:", "    super().__init__()")),
        f"class WLoss(tf.keras.losses.Loss):\n    w = 1.0\n{CALL}",
        f"class Mine(tf.keras.losses.Huber):\n{init('self', 'self.w = 1.0')}\n{CALL}",
    ],
)
def test_a_constructor_that_calls_its_parent_is_left_alone(source: str) -> None:
    assert findings(source, "missing-super-init") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ("self, w=1.0", "super().__init__()"),
            ("self, w=1.0, **kwargs", "super().__init__(**kwargs)"),
        ),
        (
            ("self, w,", "super().__init__()"),
            ("self, w, **kwargs", "super().__init__(**kwargs)"),
        ),
        (
            ("self, w", "super(WLoss, self).__init__(name='w')"),
            ("self, w, name='w', **kwargs", "super(WLoss, self).__init__(name=name, **kwargs)"),
        ),
        (
            ("self, w, name='w'", "super().__init__(name=name, reduction='sum')"),
            (
                "self, w, name='w', reduction='sum', **kwargs",
                "super().__init__(name=name, reduction=reduction, **kwargs)",
            ),
        ),
        (
            ("self, w: float", "super().__init__(name='w', reduction=keras.losses.Reduction.NONE)"),
            (
                "self, w: float, name: str = 'w', "
                "reduction: str = keras.losses.Reduction.NONE, **kwargs",
                "super().__init__(name=name, reduction=reduction, **kwargs)",
            ),
        ),
        (
            ("self, *, w=1.0", "super().__init__()"),
            ("self, *, w=1.0, **kwargs", "super().__init__(**kwargs)"),
        ),
        (
            ("self, w=1.0, **kwargs", "super().__init__(name='w', **kwargs)"),
            ("self, w=1.0, name='w', **kwargs", "super().__init__(name=name, **kwargs)"),
        ),
        (
            ("self, w, *args, **rest", "super().__init__(*args, **rest, reduction='sum')"),
            (
                "self, w, *args, reduction='sum', **rest",
                "super().__init__(*args, **rest, reduction=reduction)",
            ),
        ),
    ],
)
def test_a_constructor_takes_and_passes_on_what_keras_saves(
    before: tuple[str, str], after: tuple[str, str]
) -> None:
    changed = rewritten(loss_class(init(before[0], before[1], "self.w = w")), "closed-constructor")
    assert init(after[0], after[1], "self.w = w") in changed


def test_what_a_constructor_takes_is_added_as_the_rest_is_laid_out() -> None:
    def written(taken: str, passed: str) -> str:
        return loss_class(
            f"    def __init__(\n        self,\n        w=1.0,{taken}\n    ):\n"
            f"        super().__init__(\n            {passed},\n        )\n        self.w = w"
        )

    after = rewritten(written("", "name='w'"), "closed-constructor")
    taken = "\n        name='w',\n        **kwargs,"
    assert lines(written(taken, "name=name,\n            **kwargs")) in lines(after)


@pytest.mark.parametrize(
    "source",
    [
        loss_class(init("self, w, **kwargs", "super().__init__(**kwargs)", "self.w = w")),
        loss_class(
            init(
                "self, w, reduction='sum', name='w'",
                "super().__init__(reduction=reduction, name=name)",
                "self.w = w",
            )
        ),
        loss_class(
            init("self, w", "super().__init__()", "self.w = w"),
            "\n    def get_config(self):\n        return {'w': self.w}\n",
        ),
        loss_class(
            init("self, w", "super().__init__()", "self.w = w"),
            "\n    @classmethod\n    def from_config(cls, config):\n        return cls(config['w'])\n",
        ),
        f"class WLoss(tf.keras.losses.Loss):\n    w = 1.0\n{CALL}",
        loss_class(
            init("self, **rest", "rest.pop('name', None)", "super().__init__(name='w', **rest)")
        ),
        loss_class(init("self, name='w', **rest", "super().__init__(name=name, **rest)")),
        loss_class(init("self, w, **rest", "super().__init__(name=f'{w}', **rest)", "self.w = w")),
        loss_class(
            init("self, **rest", "super().__init__(name='w', **rest)"),
            "\n    def get_config(self):\n        config = super().get_config()\n"
            "        del config['name']\n        return config\n",
        ),
    ],
)
def test_a_constructor_that_can_be_loaded_is_left_alone(source: str) -> None:
    assert findings(source, "closed-constructor") == ()


def keeping_two(config: str, signature: str = "self, gaps=(1.0, 2.0), **kwargs") -> str:
    """A class that keeps two numbers of what it is given, with the lines of a ``get_config``."""
    keywords = "**kwargs" if "**" in signature else "name='w', reduction='sum'"
    lines = "".join(f"        {each}\n" for each in config.split("; "))
    return loss_class(
        init(signature, f"super().__init__({keywords})", "self.w, self.b = gaps"),
        f"\n    def get_config(self):\n{lines}",
    )


@pytest.mark.parametrize(
    ("config", "strange"),
    [
        ("return {**super().get_config(), 'w': self.w, 'b': self.b}", "`w`, `b`"),
        ("config = super().get_config(); config.update({'b': self.b}); return config", "`b`"),
        ("config = super().get_config(); config.update(b=self.b); return config", "`b`"),
        ("config = super().get_config(); config['b'] = self.b; return config", "`b`"),
        (
            "config = {'w': self.w}; base = super().get_config(); "
            "return dict(list(base.items()) + list(config.items()))",
            "`w`",
        ),
        ("return {**super().get_config(), 'gaps': (self.w, self.b)}", ""),
        ("return {**super().get_config(), 'gaps': {'w': self.w, 'b': self.b}}", ""),
        (
            "inner = {'w': self.w}; config = super().get_config(); "
            "config['gaps'] = inner; return config",
            "",
        ),
        ("return {**super().get_config(), **as_keys({'w': self.w})}", ""),
        ("config = super().get_config(); config['w'] = 1; config.pop('w'); return config", ""),
        ("return {**super().get_config(), 'name': 'w', 'dtype': None}", ""),
        ("return {'w': self.w}", ""),
    ],
)
def test_what_is_saved_and_not_taken_is_reported(config: str, strange: str) -> None:
    found = findings(keeping_two(config), "closed-constructor")
    assert [each.message.partition(", which its")[0].partition("take ")[2] for each in found] == (
        [strange] if strange else []
    )
    assert all(each.reason for each in found)


@pytest.mark.parametrize(
    "source",
    [
        keeping_two(
            "return {**super().get_config(), 'w': self.w}", "self, gaps=None, w=1.0, **kwargs"
        ),
        keeping_two("return {**super().get_config(), 'w': self.w}").replace(
            "super().__init__(**kwargs)", "kwargs.pop('w', None); super().__init__(**kwargs)"
        ),
        keeping_two("return {**super().get_config(), 'w': self.w}")
        + "\n    @classmethod\n    def from_config(cls, config):\n        return cls((config['w'], 1.0))\n",
    ],
)
def test_a_class_that_takes_what_it_saves_in_a_way_of_its_own_is_left_alone(source: str) -> None:
    assert findings(source, "closed-constructor") == ()


@pytest.mark.parametrize(
    ("base", "is_lost"),
    [
        ("tf.keras.losses.MeanSquaredError", True),
        ("tf.keras.losses.KLDivergence", True),
        ("tf.keras.losses.Huber", False),
        ("tf.keras.losses.BinaryCrossentropy", False),
        ("tf.keras.losses.Dice", False),
        ("theirs.MeanSquaredError", False),
    ],
)
def test_a_class_on_a_loss_of_keras_loses_its_parameters_as_well(base: str, is_lost: bool) -> None:
    constructor = init("self, w, **kwargs", "super().__init__(**kwargs)", "self.w = w")
    source = f"class WLoss({base}):\n{constructor}\n{CALL}"
    assert bool(findings(source, "unsaved-parameters")) is is_lost
    if is_lost:
        assert rewritten(source, "unsaved-parameters").endswith(
            '        return {**super().get_config(), "w": self.w}\n'
        )


LAID_OUT = {
    "one a line": (
        "super().__init__(\n            reduction='none',\n            name='w'\n        )",
        "super().__init__(\n            reduction=reduction,\n            name=name,\n"
        "            **kwargs\n        )",
    ),
    "one a line, with a last comma": (
        "super().__init__(\n            reduction='none',\n            name='w',\n        )",
        "super().__init__(\n            reduction=reduction,\n            name=name,\n"
        "            **kwargs,\n        )",
    ),
    "hanging": (
        "super().__init__(\n            reduction='none', name='w'\n        )",
        "super().__init__(\n            reduction=reduction, name=name, **kwargs\n        )",
    ),
    "alone": (
        "super().__init__(\n            name='w'\n        )",
        "super().__init__(\n            name=name,\n            **kwargs\n        )",
    ),
    "aligned": (
        "super().__init__(reduction='none',\n                         name='w')",
        "super().__init__(reduction=reduction,\n                         name=name,\n"
        "                         **kwargs)",
    ),
    "with comments": (
        "super().__init__(\n            reduction='none',  # per sample\n"
        "            name='w'  # short\n        )",
        "super().__init__(\n            reduction=reduction,  # per sample\n"
        "            name=name,  # short\n            **kwargs\n        )",
    ),
}


@pytest.mark.parametrize(("before", "after"), LAID_OUT.values(), ids=LAID_OUT)
def test_what_is_passed_on_as_well_is_laid_out_as_the_rest(before: str, after: str) -> None:
    changed = rewritten(loss_class(init("self, w", before, "self.w = w")), "closed-constructor")
    assert f"        {after}\n        self.w = w\n" in changed


@pytest.mark.parametrize(
    ("signature", "call"),
    [
        ("self, w", "super().__init__('w')"),
        ("self, *w", "super().__init__()"),
        ("self, **w", "super().__init__('none', name='w', **w)"),
    ],
)
def test_an_unusual_constructor_is_only_reported(signature: str, call: str) -> None:
    assert only(findings(loss_class(init(signature, call)), "closed-constructor")).reason


def test_parameters_are_saved_from_where_they_are_kept() -> None:
    source = loss_class(
        init(
            "self, w, power: int = 2, name='w', **kwargs",
            "super().__init__(name=name, **kwargs)",
            "self.w = float(w)",
            "self._power: int = power",
        )
    )
    assert rewritten(source, "unsaved-parameters").endswith(
        "    def get_config(self):\n"
        '        return {**super().get_config(), "w": self.w, "power": self._power}\n'
    )


def test_a_class_that_is_given_a_variable_is_only_reported() -> None:
    source = loss_class(init("self, w, **kwargs", "super().__init__(**kwargs)", "self.w = w"))
    name = source.split("(")[0].split()[-1]
    given = f"\n\nbeta = tf.Variable(0.1)\nloss = {name}(w=beta)\n"
    assert "`w` is given a variable" in only(findings(source + given, "unsaved-parameters")).reason


@pytest.mark.parametrize("given", ["np.array([0.3, 0.7])", "table", "np.ones(2) / 2.0"])
def test_of_an_array_a_list_is_saved(given: str) -> None:
    source = loss_class(init("self, w, **kwargs", "super().__init__(**kwargs)", "self._w = w"))
    name = source.split("(")[0].split()[-1]
    call = f"\n\ntable = np.array([0.3, 0.7])\nloss = {name}(w={given})\n"
    after = rewritten(source + call, "unsaved-parameters")
    assert '{**super().get_config(), "w": np.asarray(self._w).tolist()}' in after


@pytest.mark.parametrize(
    ("default", "read", "kept"),
    [
        ("None", "tf.constant(self.rates) if self.rates is not None else 1.0", True),
        ("", "tf.convert_to_tensor(self.rates, dtype=tf.float32)", True),
        ("None", "self.rates[0]", False),
        ("2.0", "tf.constant(self.rates)", False),
    ],
)
def test_of_several_numbers_that_become_a_tensor_a_list_is_saved(
    default: str, read: str, kept: bool
) -> None:
    given = f"rates={default}" if default else "rates"
    call = f"    def call(self, y_true, y_pred):\n        return {read} * tf.abs(y_true - y_pred)\n"
    source = loss_class(
        init(f"self, {given}, **kwargs", "super().__init__(**kwargs)", "self.rates = rates"), call
    )
    saved = "np.asarray(self.rates).tolist()" if kept else "self.rates"
    after = rewritten(source, "unsaved-parameters")
    assert f'{{**super().get_config(), "rates": {saved}}}' in after


@pytest.mark.parametrize(
    ("read", "is_kept"),
    [
        ("tf.gather(self.w, tf.cast(y_true, tf.int32)) * y_pred", False),
        ("self.w * tf.square(y_true - y_pred)", False),
        ("tf.square(y_true - y_pred) * tf.constant(self.w)", False),
        ("(1 - self.w) * tf.square(y_true - y_pred)", True),
        ("self.w.sum() * tf.square(y_true - y_pred)", True),
        ("self.w[:, None] * tf.square(y_true - y_pred)", True),
    ],
)
def test_a_list_has_to_do_for_the_array_that_it_was_saved_of(read: str, is_kept: bool) -> None:
    constructor = init("self, w, **kwargs", "super().__init__(**kwargs)", "self.w = w")
    call = f"    def call(self, y_true, y_pred):\n        return {read}\n"
    source = f"class GivenLoss(tf.keras.losses.Loss):\n{constructor}\n\n{call}\n"
    (finding,) = findings(source + "loss = GivenLoss(np.ones(3))\n", "unsaved-parameters")
    assert ("make it an array in the constructor" in finding.reason) is is_kept


def test_a_get_config_in_the_old_spelling_is_read_too() -> None:
    name = saving("return {}").split("(")[0].split()[-1]
    source = saving(f"return {{**super({name}, self).get_config(), 'w': self.w}}")
    assert "`cap`, `skip` are lost" in only(findings(source, "unsaved-parameters")).message
    unseen = saving(f"return {{**super({name}, self).get_config(), **as_dict(self), 'w': 1.0}}")
    assert findings(unseen, "unsaved-parameters") == ()


def test_a_class_that_is_given_a_function_is_only_reported() -> None:
    body = init("self, gap, w=1.0, **kwargs", "super().__init__(**kwargs)", "self._gap = gap")
    call = "tf.keras.losses.mean_squared_error(y_true, y_pred)"
    source = loss_class(body).replace(call, "self._gap(y_true, y_pred)")
    assert "self._gap(" in source
    assert "`gap` is called" in only(findings(source, "unsaved-parameters")).reason


@pytest.mark.parametrize(
    ("read", "is_object"),
    [
        ("tf.gather(self._gap.weights[0], y_true) * y_pred", True),
        ("self._gap.inverse_transform(y_true) - y_pred", True),
        ("y_true * y_pred if self._gap.training else y_true - y_pred", True),
        ("sum(each * y_pred for each in self._gap.values())", False),
        ("self._gap.get('a', 1.0) * tf.abs(y_true - y_pred)", False),
        ("tf.abs(y_true - y_pred) ** self._gap.shape[0]", False),
        ("tf.cast(self._gap, y_pred.dtype) * tf.abs(y_true - y_pred)", False),
        ("tf.abs(y_true - y_pred) if self._gap.lower() == 'mae' else y_true - y_pred", False),
        ("self._gap['weights'] * tf.abs(y_true - y_pred)", False),
        ("gap.weights * tf.abs(y_true - y_pred)", False),
    ],
)
def test_a_class_that_is_given_an_object_is_only_reported(read: str, is_object: bool) -> None:
    body = init("self, gap, w=1.0, **kwargs", "super().__init__(**kwargs)", "self._gap = gap")
    call = f"    def call(self, y_true, y_pred):\n        return {read}\n"
    source = f"class AskingLoss(tf.keras.losses.Loss):\n{body}\n\n{call}\n"
    (finding,) = findings(source, "unsaved-parameters")
    assert ("`gap` is an object of its own" in finding.reason) is is_object


@pytest.mark.parametrize(
    ("given", "is_object"),
    [
        ("gap: tf.Tensor", True),
        ("gap: Optional[tf.Variable] = None", True),
        ("gap: Callable[[float], float]", True),
        ("gap: float", False),
        ("gap: float | tf.Tensor = 1.0", False),
        ("gap: np.ndarray", False),
        ("gap", False),
    ],
)
def test_the_type_of_a_parameter_says_that_it_is_an_object(given: str, is_object: bool) -> None:
    body = init(f"self, {given}, **kwargs", "super().__init__(**kwargs)", "self.gap = gap")
    call = "    def call(self, y_true, y_pred):\n        return self.gap * (y_true - y_pred)\n"
    source = f"class TypedLoss(tf.keras.losses.Loss):\n{body}\n\n{call}\n"
    (finding,) = findings(source, "unsaved-parameters")
    assert ("`gap` is an object of its own" in finding.reason) is is_object
    factory = FACTORY.format(given) + COMPILE.format("make_loss(1.0)")
    (finding,) = findings(factory, "closure")
    assert ("`gap` is an object" in finding.reason) is is_object


def test_what_another_method_sets_is_not_what_was_given() -> None:
    body = init("self, gap=1.0, **kwargs", "super().__init__(**kwargs)", "self.gap = gap")
    call = (
        "    def call(self, y_true, y_pred):\n        self.gap = tf.cast(self.gap, y_pred.dtype)\n"
        "        return self.gap * (y_true - y_pred)\n"
    )
    source = f"class CastLoss(tf.keras.losses.Loss):\n{body}\n\n{call}\n"
    (finding,) = findings(source, "unsaved-parameters")
    assert finding.reason == "`gap` is not kept as it was given"
    (finding,) = findings(source.replace("self.gap = tf", "gap = tf"), "unsaved-parameters")
    assert finding.reason == ""


def saving(*lines: str) -> str:
    """A class of three parameters with a ``get_config`` of these lines."""
    return loss_class(
        init(
            "self, w=1.0, cap=None, skip=None, **kwargs",
            "super().__init__(**kwargs)",
            "self.w = w",
            "self._cap = cap",
            "self.skip = skip",
        ),
        "\n    def get_config(self):\n" + "".join(f"        {each}\n" for each in lines),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return {**super().get_config(), 'w': self.w%s}", ", 'cap': self._cap, 'skip': self.skip"),
        ('return {"w": self.w%s, **super().get_config()}', ', "cap": self._cap, "skip": self.skip'),
        (
            'config.update({\n            "w": self.w%s,\n        })',
            ',\n            "cap": self._cap,\n            "skip": self.skip',
        ),
    ],
)
def test_parameters_that_get_config_leaves_out_are_added_to_its_dictionary(
    before: str, after: str
) -> None:
    rest = ("return config",) if "update" in before else ()
    first = ("config = super().get_config()",) if rest else ()
    source = saving(*first, before % "", *rest)
    finding = only(findings(source, "unsaved-parameters"))
    assert "`cap`, `skip` are lost" in finding.message
    assert rewritten(source, "unsaved-parameters") == saving(*first, before % after, *rest)


def test_a_from_config_as_keras_has_it_changes_nothing() -> None:
    loading = (
        "\n\n    @classmethod\n    def from_config(cls, config):\n"
        '        """As usual."""\n        return cls(**config)'
    )
    source = saving("return {'w': self.w}" + loading)
    assert "`cap`, `skip` are lost" in only(findings(source, "unsaved-parameters")).message


def test_a_get_config_without_a_dictionary_is_only_reported() -> None:
    source = saving("config = super().get_config()", "config['w'] = self.w", "return config")
    assert "no dictionary" in only(findings(source, "unsaved-parameters")).reason


@pytest.mark.parametrize(
    "line",
    [
        "return super().get_config()",
        "return {**super().get_config(), **self.given}",
        "return {'w': self.w, **vars(self)}",
        "return {'w': self.w, **{each: getattr(self, each) for each in ('cap', 'skip')}}",
        "return dict(w=self.w, cap=self._cap, skip=self.skip)",
        "return {'w': self.w, 'limit': self._cap, 'skip': self.skip}",
        "return {'w': self.w}\n\n    @classmethod\n    def from_config(cls, config):\n"
        "        return cls(**config, cap=1.0)",
    ],
)
def test_a_get_config_that_may_save_them_all_is_left_alone(line: str) -> None:
    assert findings(saving(line), "unsaved-parameters") == ()


@pytest.mark.parametrize(
    "statements",
    [
        ("self.w = tf.constant(w)",),
        ("self.w = 2 * w",),
        ("w = w or 1.0", "self.w = w"),
        ("self.w = None", "if isinstance(w, int):", "    self.w = w"),
        ("if callable(w):", "    self.w = w", "else:", "    self.w = [each for each in w]"),
        ("pass",),
    ],
)
def test_a_parameter_that_is_kept_in_another_form_is_only_reported(
    statements: tuple[str, ...],
) -> None:
    source = loss_class(init("self, w, **kwargs", "super().__init__(**kwargs)", *statements))
    assert only(findings(source, "unsaved-parameters")).reason


def test_a_number_that_is_kept_in_another_form_is_kept_as_it_was_given_as_well() -> None:
    source = loss_class(
        init(
            "self, gain=0.5, power=2, **kwargs",
            "super().__init__(**kwargs)",
            "self.inner = Inner(gain)",
            "self.scale = power**2",
        )
    )
    after = rewritten(source, "unsaved-parameters")
    assert (
        "        super().__init__(**kwargs)\n"
        "        self.gain = gain\n"
        "        self.power = power\n"
        "        self.inner = Inner(gain)\n"
    ) in after
    assert '{**super().get_config(), "gain": self.gain, "power": self.power}' in after
    assert findings("\n" + after, "unsaved-parameters") == ()


@pytest.mark.parametrize(
    ("default", "statement"),
    [
        ("None", "self.inner = Inner(gain)"),
        ("[0.1, 0.9]", "self.inner = Inner(gain)"),
        ("1.0", "self.gain = tf.constant(gain)"),
        ("1.0", "self.scale = self.gain(gain)"),
        ("1.0", "gain += 1.0"),
    ],
)
def test_only_a_number_whose_name_is_free_is_kept_as_well(default: str, statement: str) -> None:
    head = f"self, gain={default}, **kwargs"
    source = loss_class(init(head, "super().__init__(**kwargs)", statement))
    assert only(findings(source, "unsaved-parameters")).reason


@pytest.mark.parametrize(
    "source",
    [
        loss_class(
            init("self, w, **kwargs", "super().__init__(**kwargs)", "self.w = w"),
            "\n    def get_config(self):\n        return {**super().get_config(), 'w': self.w}\n",
        ),
        loss_class(
            init("self, name='w', **kw", "super().__init__(name=name, **kw)", "self.w = 1.0")
        ),
        f"class WLoss(tf.keras.losses.Loss):\n    w = 1.0\n{CALL}",
        f"class Task:\n{init('self, w', 'self.w = w')}\n{CALL}",
    ],
)
def test_a_class_that_saves_what_it_takes_is_left_alone(source: str) -> None:
    assert findings(source, "unsaved-parameters") == ()


def called(signature: str, value: str, other: str = "") -> str:
    return (
        "class Direct(tf.keras.losses.Loss):\n"
        f"    def __call__(self, {signature}):\n        return {value}\n{other}"
    )


@pytest.mark.parametrize(
    ("signature", "value"),
    [
        ("y_true, y_pred", "tf.reduce_mean(tf.abs(y_true - y_pred))"),
        ("y_true, y_pred, sample_weight=None", "2.0 * tf.reduce_sum(y_true * y_pred) + 1.0"),
    ],
)
def test_a_method_that_gives_a_scalar_is_renamed(signature: str, value: str) -> None:
    after = rewritten(called(signature, value), "overridden-call")
    assert after == called("y_true, y_pred", value).replace("__call__", "call")


def test_a_method_is_renamed_in_a_subclass_of_a_loss_of_keras() -> None:
    source = called("y_true, y_pred", "tf.reduce_mean(tf.abs(y_true - y_pred))")
    source = source.replace("losses.Loss", "losses.MeanSquaredError")
    after = source.replace("__call__", "call")
    assert rewritten(source, "overridden-call") == after


@pytest.mark.parametrize(
    ("signature", "value"),
    [
        ("y_true, y_pred, sample_weight=None", "tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)"),
        ("y_true, y_pred, sample_weight=None", "tf.reduce_sum(sample_weight * (y_true - y_pred))"),
        ("y_true, y_pred, **kwargs", "tf.reduce_mean(tf.abs(y_true - y_pred))"),
        ("y_true, y_pred, sample_weight=None", "helper(y_true, y_pred)"),
    ],
)
def test_a_method_that_may_give_more_is_only_reported(signature: str, value: str) -> None:
    assert only(findings(called(signature, value), "overridden-call")).reason


def test_what_keras_does_not_pass_is_no_weight() -> None:
    source = called("x, y_true, y_pred, mean, variance, sample_weight=None", "tf.reduce_sum(mean)")
    reason = only(findings(source, "overridden-call")).reason
    assert reason == "it takes more than targets, predictions and weights"


@pytest.mark.parametrize(
    "source",
    [
        called("y_true, y_pred, sample_weight=None", "super().__call__(y_true, y_pred)"),
        called(
            "y_true, y_pred, sample_weight=None",
            "2.0 * super().__call__(y_true, y_pred, sample_weight)",
        ).replace("losses.Loss", "losses.BinaryCrossentropy"),
        called(
            "y_true, y_pred",
            "0.0",
            "\n    def call(self, y_true, y_pred):\n        return y_pred\n",
        ),
        "class Task:\n    def __call__(self, y_true, y_pred):\n        return y_true - y_pred\n",
    ],
)
def test_a_method_that_belongs_there_is_left_alone(source: str) -> None:
    assert findings(source, "overridden-call") == ()


MODEL = """

model = tf.keras.Sequential([tf.keras.layers.Dense({units})])
model.compile(loss=Straight())
"""


def straight(value: str, units: str = "1") -> str:
    head = "class Straight(tf.keras.losses.Loss):\n    def call(self, y_true, y_pred):\n"
    return f"{head}        return {value}\n" + MODEL.format(units=units)


def test_ranks_are_aligned_before_targets_meet_predictions() -> None:
    after = rewritten(straight("tf.reduce_mean(tf.abs(y_true - y_pred), -1)"), "rank-broadcast")
    assert "        y_true, y_pred = same_rank(y_true, y_pred)\n        return" in after
    assert after.startswith("def same_rank(")


@pytest.mark.parametrize(
    ("value", "units"),
    [
        ("tf.reduce_mean(tf.abs(y_true - y_pred), -1)", "3"),
        ("tf.keras.losses.mean_squared_error(y_true, y_pred)", "1"),
        ("tf.abs(tf.reshape(y_true, tf.shape(y_pred)) - y_pred)", "1"),
        ("tf.abs(tf.reshape(y_true, [-1]) - tf.reshape(y_pred, [-1]))", "1"),
        ("tf.abs(y_true - y_pred[:, 0])", "1"),
        ("tf.abs(y_true[:, None] - y_pred)", "1"),
        ("tf.abs(tf.squeeze(y_true) - tf.squeeze(y_pred))", "1"),
        ("tf.abs(align(y_true, y_pred) - y_pred)", "1"),
        ("tf.reduce_mean(y_pred)", "1"),
    ],
)
def test_ranks_that_agree_or_are_looked_at_are_left_alone(value: str, units: str) -> None:
    assert findings(straight(value, units), "rank-broadcast") == ()


def test_a_class_without_a_model_beside_it_is_left_alone() -> None:
    source = straight("tf.abs(y_true - y_pred)").partition("\n\nmodel")[0]
    assert findings(source, "rank-broadcast") == ()


FUNCTION = "def f_loss({0}):\n    return tf.reduce_mean({1}, axis=-1)\n"
COMPILE = "\n\ndef build(model):\n    model.compile(loss={0})\n"


def test_swapped_arguments_are_reported_where_keras_passes_them() -> None:
    swapped = FUNCTION.format("y_pred, y_true", "tf.nn.relu(y_pred - y_true)")
    assert only(findings(swapped + COMPILE.format("f_loss"), "swapped-arguments")).reason
    assert findings(swapped, "swapped-arguments") == ()
    right = FUNCTION.format("y_true, y_pred", "tf.nn.relu(y_pred - y_true)")
    assert findings(right + COMPILE.format("f_loss"), "swapped-arguments") == ()
    unnamed = FUNCTION.format("a, b", "tf.nn.relu(a - b)")
    assert findings(unnamed + COMPILE.format("f_loss"), "swapped-arguments") == ()


@pytest.mark.parametrize(
    ("value", "is_symmetric"),
    [
        ("y_pred * y_true", True),
        ("tf.abs(y_pred - y_true) + (y_true - y_pred) ** 2", True),
        ("tf.square(y_true - y_pred) / (y_true + y_pred)", True),
        ("tf.multiply(y_pred, y_true) + tf.math.squared_difference(y_pred, y_true)", True),
        ("tf.abs(y_pred - y_true) * y_true", False),
        ("(y_pred - y_true) ** 3", False),
        ("2 ** (y_pred - y_true)", False),
        ("tf.exp(y_pred - y_true)", False),
        ("tf.multiply(y_pred, y_pred) - y_true", False),
        ("tf.abs(y_pred - y_true) / y_pred", False),
    ],
)
def test_of_a_loss_that_takes_both_alike_no_order_is_asked(value: str, is_symmetric: bool) -> None:
    source = FUNCTION.format("y_pred, y_true", value) + COMPILE.format("f_loss")
    assert (findings(source, "swapped-arguments") == ()) is is_symmetric


CROSSED = "def f_loss(y_true, y_pred):\n    return {}\n"
CE = "tf.keras.backend.categorical_crossentropy"


def test_a_cross_entropy_takes_the_targets_first() -> None:
    for value in (
        f"{CE}(y_pred, y_true) * 2.0",
        "tf.keras.losses.binary_crossentropy(y_pred, y_true)",
        "tf.keras.losses.sparse_categorical_crossentropy(y_pred, y_true)",
        f"0.8 * {CE}(y_pred, y_true) + 0.2 * {CE}(y_pred, tf.ones_like(y_pred) / 4.0)",
    ):
        assert only(findings(CROSSED.format(value), "swapped-arguments")).reason
    for value in (
        f"{CE}(y_true, y_pred)",
        f"{CE}(target=y_true, output=y_pred)",
        f"{CE}(y_true, y_pred) + 0.5 * {CE}(y_pred, y_true)",
        f"{CE}(y_pred, y_pred) + y_true",
        "tf.keras.losses.kl_divergence(y_pred, y_true)",
        "tf.keras.losses.mse(y_pred, y_true)",
    ):
        assert findings(CROSSED.format(value), "swapped-arguments") == ()


FACTORY = """
def make_loss({0}):
    def loss(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
    return loss
"""


def test_a_factory_is_called_where_it_needs_nothing() -> None:
    source = FACTORY.format("w=1.0").lstrip() + COMPILE.format("make_loss")
    assert "compile(loss=make_loss())" in rewritten(source, "uncalled-factory")
    source = FACTORY.format("w") + COMPILE.format("make_loss")
    assert only(findings(source, "uncalled-factory")).reason
    for loss in ("make_loss()", "make_loss(w=2.0)", "[make_loss()]"):
        source = FACTORY.format("w=1.0") + COMPILE.format(loss)
        assert findings(source, "uncalled-factory") == ()


def test_a_call_that_is_compiled_is_reported() -> None:
    function = FUNCTION.format("y_true, y_pred", "tf.abs(y_true - y_pred)")
    found = findings(function + COMPILE.format("f_loss(model.input, model.output)"), "called-loss")
    assert only(found).severity is Severity.ERROR
    assert findings(function + COMPILE.format("f_loss"), "called-loss") == ()
    gap = function.replace("f_loss", "gap")
    (finding,) = findings(gap + COMPILE.format("gap(model.input, model.output)"), "called-loss")
    assert "is a tensor" in finding.message
    assert findings(gap + COMPILE.format("gap"), "called-loss") == ()
    assert findings(FACTORY.format("w") + COMPILE.format("make_loss(1.0)"), "called-loss") == ()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("tf.reshape(y_pred, (batch_size, 3)) - y_true", 1),
        ("tf.zeros([BATCH_SIZE, 1]) + y_true - y_pred", 1),
        ("tf.reshape(y_pred, (-1, 3)) - y_true", 0),
        ("(y_true - y_pred) / batch_size", 0),
        ("tf.reshape(y_pred, (tf.shape(y_pred)[0], 3)) - y_true", 0),
        ("tf.reshape(y_pred, (-1, num_classes)) - y_true", 0),
    ],
)
def test_a_shape_with_a_fixed_batch_size_is_reported(value: str, found: int) -> None:
    source = FUNCTION.format("y_true, y_pred", value)
    assert len(findings(source, "fixed-batch-size")) == found


def test_a_batch_size_that_comes_from_the_batch_is_left_alone() -> None:
    source = """
        def f_loss(y_true, y_pred):
            batch_size = tf.shape(y_pred)[0]
            return tf.reshape(y_pred, (batch_size, 3)) - y_true
    """
    assert findings(source, "fixed-batch-size") == ()


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (("y_true = tf.cast(y_true, 'float64')", "return y_true - y_pred"), 1),
        (("t = tf.cast(y_true, tf.double)", "return tf.abs(t - 2.0 * y_pred)"), 1),
        (("return tf.cast(y_true, tf.float16) * y_pred",), 1),
        (("y_true = tf.cast(y_true, tf.float32)", "return y_true - y_pred"), 0),
        (("t, p = tf.cast(y_true, tf.float64), tf.cast(y_pred, tf.float64)", "return t - p"), 0),
        (("y_pred = tf.cast(y_pred, tf.float64)", "return y_true - y_pred"), 0),
        (("t = tf.cast(y_true, tf.float64)", "return tf.cast(t, y_pred.dtype) - y_pred"), 0),
        (("w = tf.cast(y_true, tf.int32)", "return tf.one_hot(w, 3) * y_pred"), 0),
    ],
)
def test_targets_keep_the_dtype_of_the_predictions(statements: tuple[str, ...], found: int) -> None:
    source = "def f_loss(y_true, y_pred):\n" + "".join(f"    {each}\n" for each in statements)
    assert len(findings(source, "mixed-floats")) == found
    if found:
        assert "(y_true, y_pred.dtype)" in rewritten(source, "mixed-floats")


def test_a_loss_without_a_place_of_its_own_is_reported() -> None:
    method = """
        class Task:
            def task_loss(self, y_true, y_pred):
                return self.w * tf.abs(y_true - y_pred)
            def build(self, model):
                model.compile(loss={0})
    """
    assert "self.w" in only(findings(method.format("self.task_loss"), "local-loss")).reason
    assert findings(method.format("'mse'"), "local-loss") == ()
    nested = """
        def train(model, w):
            def step_loss(y_true, y_pred):
                return w * tf.abs(y_true - y_pred)
            model.compile(loss=step_loss)
    """
    assert "it uses `w`" in only(findings(nested, "local-loss")).reason
    alone = nested.replace("w * ", "2.0 * ")
    assert "move it to the top" in only(findings(alone, "local-loss")).reason
    assert findings(FACTORY.format("w") + COMPILE.format("make_loss(1.0)"), "local-loss") == ()
    assert findings(nested.replace("def train(", "def test_training("), "local-loss") == ()


INNER_CLASS = """
    def train(model, w, scale):
        class StepLoss(tf.keras.losses.Loss):
            def __init__(self, w, **kwargs):
                super().__init__(**kwargs)
                self.w = w

            def call(self, y_true, y_pred):
                return self.w * tf.abs(y_true - y_pred)

        model.compile(loss=StepLoss(w))
"""


def test_a_class_inside_of_a_function_is_reported() -> None:
    assert "move it to the top" in only(findings(INNER_CLASS, "local-loss")).reason
    uses = INNER_CLASS.replace("return self.w", "return scale * self.w")
    assert "it uses `scale`" in only(findings(uses, "local-loss")).reason
    assert (
        findings(INNER_CLASS.replace("model.compile(loss=StepLoss(w))", "pass"), "local-loss") == ()
    )
    at_the_top = loss_class(init("self, w, **kwargs", "super().__init__(**kwargs)", "self.w = w"))
    assert findings(at_the_top + "\n\nmodel.compile(loss=WLoss(1.0))\n", "local-loss") == ()


INNER_FACTORY = """
    {0}
        def make_loss(w):
            def gap_loss(y_true, y_pred):
                return w * tf.abs(y_true - y_pred)
            return gap_loss

        model.compile(loss=make_loss(2.0))
"""


def test_what_a_factory_inside_of_a_function_returns_is_reported() -> None:
    train = INNER_FACTORY.format("def train(model, scale):")
    assert "move it to the top" in only(findings(train, "local-loss")).reason
    uses = train.replace("return w", "return scale * w")
    assert "it uses `scale`" in only(findings(uses, "local-loss")).reason
    of_a_test = INNER_FACTORY.format("def test_training(model):")
    assert findings(of_a_test, "local-loss") == ()
    assert findings(FACTORY.format("w") + COMPILE.format("make_loss(1.0)"), "local-loss") == ()


def test_what_is_compiled_is_the_object_that_was_made_of_an_inner_function() -> None:
    source = """
        def widened(loss, kind):
            def wider_loss(y_true, y_pred):
                return loss(y_true[..., None], y_pred)
            wider_loss = kind(wider_loss, **loss.get_config())
            return wider_loss

        def train(model, loss):
            model.compile(loss=widened(loss, type(loss)))
    """
    assert findings(source, "local-loss", "closure") == ()
    assert findings(source.replace("wider_loss = kind(", "other = kind("), "closure") != ()


COPIED = f"""
class FirstLoss(tf.keras.losses.Loss):
{CALL}

class SecondLoss({{base}}):
    def get_config(self):
        return super({{of}}, self).get_config()

{CALL}"""


@pytest.mark.parametrize("of", ["SecondLoss", "Unknown", "tf.keras.losses.Loss", "__class__"])
def test_super_of_what_may_be_ones_own_is_left(of: str) -> None:
    assert findings(COPIED.format(base="tf.keras.losses.Loss", of=of), "foreign-super") == ()


def test_super_of_another_class_becomes_that_of_its_own() -> None:
    source = COPIED.format(base="tf.keras.losses.Loss", of="FirstLoss")
    (finding,) = findings(source, "foreign-super")
    assert finding.loss == "SecondLoss"
    assert "super(SecondLoss, self)" in rewritten(source, "foreign-super")
    assert findings(COPIED.format(base="FirstLoss", of="FirstLoss"), "foreign-super") == ()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("tf.reduce_mean(tf.abs(y_true - y_pred), axis=0)", 1),
        ("tf.reduce_sum(tf.abs(y_true - y_pred), 0)", 1),
        ("tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)", 0),
        ("tf.reduce_mean(tf.abs(y_true - y_pred))", 0),
        ("tf.reduce_mean(tf.reduce_sum(tf.abs(y_true - y_pred), axis=0))", 0),
        ("y_pred * tf.reduce_mean(y_true, axis=0)", 0),
        ("tf.reduce_mean(tf.stack([tf.abs(y_true - y_pred), tf.square(y_pred)]), 0)", 0),
        ("tf.reduce_mean(tf.stack([y_true - y_pred, y_pred], axis=1), axis=0)", 1),
        ("tf.reduce_sum([tf.abs(y_true - y_pred), tf.square(y_pred)], axis=0)", 0),
        ("tf.reduce_sum(-tf.reduce_mean(y_true * y_pred), axis=0)", 0),
    ],
)
def test_a_value_per_output_is_reported(value: str, found: int) -> None:
    source = f"def f_loss(y_true, y_pred):\n    return {value}\n"
    assert len(findings(source, "batch-axis")) == found
    named = f"def f_loss(y_true, y_pred):\n    terms = {value}\n    return terms\n"
    assert len(findings(named, "batch-axis")) == found


def test_a_class_that_is_smoothed_saves_its_own_parameters_beside_the_steepness() -> None:
    source = """
        class HitLoss(tf.keras.losses.Loss):
            def __init__(self, share=2.0, limit=0.5, **kwargs):
                super().__init__(**kwargs)
                self.share = share
                self._limit = float(limit)

            def call(self, y_true, y_pred):
                hits = tf.cast(y_pred > self._limit, tf.float32)
                return self.share * tf.reduce_mean(hits * y_true, axis=-1)
    """
    after = rewritten(source, "hard-gate", "unsaved-parameters")
    assert '"share": self.share, "limit": self._limit, "steepness": self.steepness' in " ".join(
        after.split()
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("tf.square(tf.reduce_max(1.0 - y_pred, 0)) * y_true", 1),
        ("tf.reduce_max(y_true - y_pred + gap, 0)", 1),
        ("tf.keras.backend.max(y_pred * y_true - 0.5, 0) + y_pred", 1),
        ("tf.reduce_max(y_pred, 0) - y_pred * y_true", 1),
        ("tf.reduce_min(gap - y_pred, 0.0) + y_pred", 1),
        ("tf.reduce_max(1.0 - y_pred, axis=0) * y_true", 0),
        ("tf.reduce_max(1.0 - y_pred, 1) * y_true[:, 0]", 0),
        ("tf.maximum(1.0 - y_pred, 0) * y_true", 0),
        ("tf.reduce_min(tf.stack([y_pred - 1.0, y_true]), 0) * 2.0", 0),
        ("tf.reduce_max(tf.abs(y_pred - y_true), 0) * 2.0", 0),
        ("tf.reduce_max(y_true - y_pred, 0) * 2.0", 0),
        ("tf.reduce_max(1.0 - y_true, 0) * y_pred", 0),
        ("tf.reduce_max(y_pred, 0) - y_true * 2.0", 0),
    ],
)
def test_a_hinge_is_no_reduction_over_the_samples(value: str, found: int) -> None:
    source = f"def f_loss(y_true, y_pred, gap=0.2):\n    return tf.reduce_mean({value})\n"
    assert len(findings(source, "batch-axis")) == found


PARENT = """
    import keras

    class PenaltyLoss(keras.losses.Loss):
        def __init__(self, weight=0.5, **kwargs):
            super().__init__(**kwargs)
            self.weight = weight

        def call(self, y_true, y_pred):
            return self.weight * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""
PARENT_CONFIG = """
        def get_config(self):
            return {**super().get_config(), "weight": self.weight}
"""
CHILD = """
    class LatePenaltyLoss(PenaltyLoss):
        def __init__(self, weight=0.5, delay=2, **kwargs):
            super().__init__(weight, **kwargs)
            self.delay = delay

        def call(self, y_true, y_pred):
            return super().call(y_true[self.delay :], y_pred[: -self.delay])
"""


def of_the_child(source: str, rule: str = "unsaved-parameters") -> list[str]:
    found = findings(source, rule)
    return [each.message for each in found if each.loss == "LatePenaltyLoss"]


def test_parameters_of_a_class_on_a_loss_of_the_file_are_lost_as_well() -> None:
    (message,) = of_the_child(PARENT + CHILD)
    assert "`weight`, `delay` are lost" in message
    (message,) = of_the_child(PARENT + PARENT_CONFIG + CHILD)
    assert "`delay` is lost" in message


def test_a_child_saves_what_its_parent_does_not() -> None:
    after = rewritten(PARENT + CHILD, "unsaved-parameters")
    assert after.count('return {**super().get_config(), "weight": self.weight}') == 1
    assert after.endswith('return {**super().get_config(), "delay": self.delay}\n')


def test_a_child_passes_on_what_its_parent_takes() -> None:
    closed = CHILD.replace(", **kwargs", "")
    assert len(of_the_child(PARENT + closed, "closed-constructor")) == 1
    after = rewritten(PARENT + closed, "closed-constructor")
    assert "def __init__(self, weight=0.5, delay=2, **kwargs):" in after
    assert "super().__init__(weight, **kwargs)" in after
    parent = PARENT.replace(", **kwargs", "").replace("**kwargs", "")
    assert of_the_child(parent + closed, "closed-constructor") == []


SAVED_ABOVE = {
    "the parent saves it": PARENT + PARENT_CONFIG + CHILD.replace(", delay=2", ""),
    "the parent saves all that it finds": PARENT
    + """
        def get_config(self):
            return {**super().get_config(), **{name: getattr(self, name) for name in NAMES}}
"""
    + CHILD,
    "the parent saves its dictionary": PARENT
    + """
        def get_config(self):
            return {**super().get_config(), **vars(self)}
"""
    + CHILD,
    "the parent saves what was made elsewhere": PARENT
    + """
        def get_config(self):
            return {**super().get_config(), **self.settings}
"""
    + CHILD,
    "the parent notes what its children are given": PARENT
    + """
        def __new__(cls, *args, **kwargs):
            return remembering(super().__new__(cls), args, kwargs)
"""
    + CHILD,
    "the parent loads in a way of its own": PARENT
    + """
        @classmethod
        def from_config(cls, config):
            return cls(**config, delay=DELAYS[cls])
"""
    + CHILD,
    "the parent is decorated": "    @saving_all\n" + PARENT.lstrip("\n") + CHILD,
    "it has two parents": PARENT + CHILD.replace("(PenaltyLoss)", "(Saving, PenaltyLoss)"),
    "the parent has a parent elsewhere": "    from losses import Gap\n"
    + PARENT.replace("keras.losses.Loss", "Gap")
    + CHILD,
}


@pytest.mark.parametrize("source", SAVED_ABOVE.values(), ids=SAVED_ABOVE.keys())
def test_what_parents_may_save_is_left_to_them(source: str) -> None:
    assert of_the_child(source) == []


CASTING = """
    import keras

    class CastLoss(keras.losses.Loss):
        def __init__(self, dtype="float32", **kwargs):
            super().__init__(**kwargs)
            self.dtype = dtype

        def call(self, y_true, y_pred):
            return tf.reduce_mean(tf.abs(tf.cast(y_true, self.dtype) - y_pred), axis=-1)
"""
OTHER_DTYPES = {
    "given to the parent": CASTING.replace("self.dtype = dtype", "self.kept = dtype"),
    "read alone": CASTING.replace("self.dtype = dtype", "print(self.dtype)"),
    "a property of its own": CASTING
    + """
        @property
        def dtype(self):
            return self._kind

        @dtype.setter
        def dtype(self, kind):
            self._kind = kind
""",
    "a value of the class": CASTING.replace("def __init__", "dtype = None\n\n        def __init__"),
    "Keras 2": CASTING.replace("import keras", "import tf_keras as keras"),
    "another base": CASTING.replace("keras.losses.Loss", "Base"),
    "of something else": CASTING.replace("self.dtype = dtype", "self.inner.dtype = dtype"),
}


def test_the_type_of_a_loss_cannot_be_set() -> None:
    finding = only(findings(CASTING, "taken-attribute"))
    assert "raises AttributeError" in finding.message
    child = CASTING + """
    class LateCastLoss(CastLoss):
        def call(self, y_true, y_pred):
            self.dtype = y_pred.dtype
            return super().call(y_true, y_pred)
"""
    assert len(findings(child, "taken-attribute")) == 2


@pytest.mark.parametrize("source", OTHER_DTYPES.values(), ids=OTHER_DTYPES.keys())
def test_an_attribute_that_can_be_set_is_left(source: str) -> None:
    assert findings(source, "taken-attribute") == ()
