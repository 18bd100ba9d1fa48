"""Qt and CTK as PythonQt gives them in Slicer, on PySide6.

How to use it::

    from MedMMSlicerHost import pythonqt
    pythonqt.install()                    # once per process, before anything imports qt or ctk
    import qt, ctk

    app = qt.QApplication.instance() or qt.QApplication([])
    panel = pythonqt.load_ui("Panel.ui")  # children by name: panel.applyButton
    panel.applyButton.enabled = False     # properties are values; setX() and isX() work too

Take classes from `qt`, not from PySide6: a class is patched when `qt` gives it, when an object of it reaches
Python through a patched one, or when it is subclassed. An application object made by PySide6 is fine.

A widget class that Slicer has and PySide6 has not gets a stand-in, a subclass of a PySide6 class::

    class qMRMLThing(qt.QWidget):
        valueChanged = QtCore.Signal(int)                      # real PySide6 signals
        value = QtCore.Property(int, get_value, set_value)     # and properties, so that a .ui can set them
    pythonqt.register_stand_in(qMRMLThing, "slicer")           # a name in sys.modules, or a module

From then on it counts as one of Qt's own classes: it refuses keyword arguments and unknown attributes, and
`load_ui` makes it. Its private attributes begin with an underscore.

Differences that strike first: `b.text` not `b.text()`; no keyword arguments to Qt; tuples for lists;
`isinstance(x, qt.QWidget)` is False for an object of Qt; new attributes only on Python subclasses; a dead
object raises ValueError and is falsy; `qt.QWidget.resizeEvent(self, event)` instead of `super()`; a model,
delegate, validator or completer lives only as long as somebody in Python holds it. The patched classes are
the same for the whole process, so code that uses PySide6 beside this package lives by these rules too.
"""

from .modules import install
from .stand_ins import register_stand_in
from .ui import load_ui

__all__ = ["install", "load_ui", "register_stand_in"]
