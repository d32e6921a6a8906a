"""Settings of plotting libraries, so that what they display needs nothing from the network and can be shown here."""

from __future__ import annotations

from typing import Any

from IPython import display as ipython

from handloom.session import hooks

_publish: Any = ipython.publish_display_data


def register() -> None:
    hooks.after_import("altair", altair)
    hooks.after_import("bokeh.io.notebook", bokeh)


def altair(module: Any) -> None:
    """Send charts as specifications, which the page draws, instead of HTML that loads a library from elsewhere."""
    module.renderers.enable("mimetype")


def bokeh(module: Any) -> None:
    """Send the library once, with `output_notebook()`, and each plot as HTML of its own."""
    module.load_notebook = _load_bokeh
    module.show_doc = _show_bokeh
    module.show_app = _refuse_application
    module.push_notebook = _refuse_update


def _load_bokeh(resources: Any = None, *_: Any, **__: Any) -> None:
    """Put the installed package's scripts into the output; later plots of the notebook are shown with them."""
    from bokeh import __version__
    from bokeh.resources import Resources

    inline = Resources(mode="inline", components=["bokeh", "bokeh-gl", "bokeh-widgets", "bokeh-tables"])
    scripts = "".join(f"<script>{script}</script>" for script in inline.js_raw)
    note = f"<p>Bokeh {__version__} is ready.</p>"
    _publish({"text/html": note + scripts, "text/plain": f"Bokeh {__version__} is ready."})


def _show_bokeh(obj: Any, state: Any, notebook_handle: Any = None) -> None:
    from bokeh.embed import components

    if notebook_handle:
        _refuse_update()
    if obj not in state.document.roots:
        state.document.add_root(obj)
    script, div = components(obj)
    _publish({"text/html": div + script, "text/plain": repr(obj)})


def _refuse_update(*_: Any, **__: Any) -> None:
    raise NotImplementedError(
        "A Bokeh plot that is shown already cannot be updated here. "
        "Show it again, for instance in an Output widget of ipywidgets that is cleared first."
    )


def _refuse_application(*_: Any, **__: Any) -> None:
    raise NotImplementedError(
        "A Bokeh server application cannot be shown in a notebook here. Show the plot itself, or use ipywidgets."
    )
