"""What menus, keys and the mouse do with the views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from MedMMSlicerLib.scene.views import SLICE_VIEWS

from .actions import ActionTable
from .mouse import set_window
from .presets import CT_PRESETS, auto_window, full_window, is_ct
from .slice_view import SliceView
from .view_area import VOLUME, ViewArea
from .volume_view import DIRECTIONS, VolumeView
from .words import _

__all__ = ["ViewCommands"]

_INVERTED = "vtkMRMLColorTableNodeInvertedGrey"
_GRAY = "vtkMRMLColorTableNodeGrey"
_STEP_PX = 30.0
_ZOOM = 1.25


class ViewCommands:
    """The views as one thing.

    Parameters
    ----------
    slices : mapping of str to SliceView
    volume_view : VolumeView
    area : ViewArea

    Attributes
    ----------
    table : ActionTable
        Whose marks say what is switched on; set by the window once it exists.
    """

    def __init__(self, slices: dict[str, SliceView], volume_view: VolumeView, area: ViewArea) -> None:
        self.slices = slices
        self.volume_view = volume_view
        self.area = area
        self.table: ActionTable | None = None
        self._file_windows: dict[str, tuple[float, float]] = {}

    # ------------------------------------------------------------------ what is shown

    @property
    def scene(self) -> Any:
        """The vtkMRMLScene."""
        return self.volume_view.scene

    @property
    def volume(self) -> Any:
        """The volume node of the slice views, None without one."""
        return self.slices["Red"].volume

    @property
    def active(self) -> SliceView | VolumeView:
        """The view that the keyboard acts upon."""
        return self.slices.get(self.area.active, self.volume_view)

    @property
    def active_slice(self) -> SliceView:
        """The active view, or the large or first slice view if the 3D view is active."""
        return self.slices.get(self.area.active) or self.slices[self.area.main]

    def is_on(self, action_id: str) -> bool:
        """Whether an action carries its mark."""
        return self.table is not None and self.table.is_checked(action_id)

    def refresh(self) -> None:
        """Draw all views anew."""
        for view in (*self.slices.values(), self.volume_view):
            view.refresh()

    def note_volume(self, volume: Any) -> None:
        """Remember the window that an image came with."""
        display = volume.GetDisplayNode() if volume is not None else None
        key = str(volume.GetID()) if volume is not None else ""
        if display is not None and key not in self._file_windows and display.IsA(_SCALAR_DISPLAY):
            self._file_windows[key] = (display.GetWindow(), display.GetLevel())

    def forget_volumes(self) -> None:
        """Forget windows of images that are gone."""
        self._file_windows.clear()

    def flat_view(self) -> str:
        """Name of the slice view that shows a flat image; empty if the image has several slices."""
        volume = self.volume
        image = volume.GetImageData() if volume is not None else None
        if image is None or min(image.GetDimensions()) != 1:
            return ""
        axis = image.GetDimensions().index(1)
        direction = [[0.0] * 3 for _ in range(3)]
        volume.GetIJKToRASDirections(direction)
        normal = [abs(direction[row][axis]) for row in range(3)]
        return {0: "Yellow", 1: "Green", 2: "Red"}[normal.index(max(normal))]

    def arrange_for_image(self, wanted: str) -> None:
        """Show a flat image alone and large, anything else in the layout that the reader wants."""
        flat = self.flat_view()
        self._orient(flat)
        if flat:
            self.area.choose("single", flat)
        elif self.area.layout_id != wanted:
            self.area.choose(wanted)
        self.fit_slices()

    # ------------------------------------------------------------------ layout

    def choose_layout(self, layout_id: str) -> None:
        """Arrange the views."""
        self.area.choose(layout_id)

    def choose_main(self, name: str) -> None:
        """Choose the large view."""
        layout = self.area.layout_id if self.area.layout_id in ("single", "large-and-three") else "single"
        self.area.choose(layout, name)
        self.area.activate(name)

    def maximize(self) -> None:
        """Show the active view alone, or all again."""
        self.area.toggle_single(self.area.active)

    def next_view(self) -> None:
        """Give the keyboard to the next visible view."""
        names = self.area.visible_names
        index = names.index(self.area.active) if self.area.active in names else -1
        self.focus(names[(index + 1) % len(names)])

    def focus(self, name: str) -> None:
        """Give a view the keyboard."""
        self.area.activate(name)
        (self.slices.get(name) or self.volume_view).widget.setFocus()

    # ------------------------------------------------------------------ place and zoom

    def fit_slices(self) -> None:
        """Show the whole image in each slice view."""
        for view in self.slices.values():
            view.fit()

    def fit(self) -> None:
        """Show everything in every view."""
        self.fit_slices()
        self.volume_view.fit()

    def followers(self, view: SliceView) -> Sequence[SliceView]:
        """Views that zoom and pan along with one."""
        if not self.is_on("view.link"):
            return ()
        return tuple(other for other in self.slices.values() if other is not view)

    def link(self) -> None:
        """Bring all slice views to the zoom and place of the active one, and keep them there."""
        linked = self.is_on("view.link")
        for view in self.slices.values():
            view.composite.SetLinkedControl(linked)
        if linked:
            view = self.active_slice
            for other in self.followers(view):
                other.zoom(other.mm_per_pixel / view.mm_per_pixel)
                offset = view.center_ras - other.center_ras
                normal = other.axes_ras[:, 2]
                other.shift(tuple((offset - (offset @ normal) * normal).tolist()))

    def turn_to_image_axes(self) -> None:
        """Turn the slice views to the image's own axes, or back to the patient's."""
        self._orient(self.flat_view())
        self.fit_slices()

    def _orient(self, flat: str) -> None:
        """Turn the slice views; the one that shows a flat image always lies in it."""
        native = self.is_on("view.native")
        for name, view in self.slices.items():
            place = view.center_ras
            view.node.SetOrientation(SLICE_VIEWS[name])
            if self.volume is not None and (native or name == flat):
                view.node.RotateToVolumePlane(self.volume)
            view.node.JumpSliceByCentering(*place.tolist())

    def scroll(self, slices: int) -> None:
        """Go on by some slices in the active view."""
        self.active_slice.scroll(slices)

    def zoom(self, enlarge: bool) -> None:
        """Zoom the active view, and those that are linked to it."""
        factor = _ZOOM if enlarge else 1 / _ZOOM
        self.active.zoom(factor)
        view = self.slices.get(self.area.active)
        for other in self.followers(view) if view is not None else ():
            other.zoom(factor)

    def move(self, right: int, down: int) -> None:
        """Move the picture of the active view by steps."""
        self.active.pan(right * _STEP_PX, down * _STEP_PX)

    def go_to(self, view: SliceView | None, ras: tuple[float, float, float]) -> None:
        """Put the crosshair at a place (mm, RAS), and show it in all views but ``view``."""
        crosshair = self.crosshair
        crosshair.SetCrosshairRAS(*ras)
        for other in self.slices.values():
            if other is not view:
                other.jump(ras)

    # ------------------------------------------------------------------ looks

    @property
    def crosshair(self) -> Any:
        """The vtkMRMLCrosshairNode."""
        return self.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")

    def show_crosshair(self) -> None:
        """Show or hide the crosshair."""
        node = self.crosshair
        node.SetCrosshairMode(node.ShowBasic if self.is_on("view.crosshair") else node.NoCrosshair)
        self.refresh()

    def interpolate(self) -> None:
        """Show smooth gray values, or the voxels as they are."""
        wanted = self.is_on("view.interpolate")
        count = self.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeDisplayNode")
        for index in range(count):
            display = self.scene.GetNthNodeByClass(index, "vtkMRMLScalarVolumeDisplayNode")
            display.SetInterpolate(wanted)

    def apply_marks(self) -> None:
        """Bring nodes to what the marks say: a new or loaded scene may differ."""
        self.show_crosshair()
        self.interpolate()
        self.show_planes()
        for view in self.slices.values():
            view.composite.SetLinkedControl(self.is_on("view.link"))

    def show_planes(self) -> None:
        """Show the slices in the 3D view, or hide them."""
        for view in self.slices.values():
            view.node.SetSliceVisible(self.is_on("view.planes"))
        self.volume_view.forget()

    def look_from(self, side: str) -> None:
        """Look at the 3D view from a side."""
        assert side in DIRECTIONS
        self.volume_view.look_from(side)

    # ------------------------------------------------------------------ window and level

    def set_preset(self, preset_id: str) -> None:
        """Set a window for CT."""
        preset = next(item for item in CT_PRESETS if item.id == preset_id)
        if is_ct(self.volume):
            set_window(self.volume, preset.width, preset.level)

    def allow_presets(self) -> None:
        """Let the windows of CT be chosen where the image is known to be CT."""
        obstacle = "" if is_ct(self.volume) else _("The image is not known to be CT, in Hounsfield units.")
        for preset in CT_PRESETS if self.table is not None else ():
            self.table.allow(f"window.ct.{preset.id}", obstacle)

    def set_auto(self) -> None:
        """Set a window that suits the gray values."""
        if self.volume is not None:
            set_window(self.volume, *auto_window(self.scene, self.volume.GetID()))

    def set_full(self) -> None:
        """Set a window that shows every gray value."""
        if self.volume is not None:
            set_window(self.volume, *full_window(self.scene, self.volume.GetID()))

    def set_from_file(self) -> None:
        """Set the window that the image came with."""
        if self.volume is not None and self.volume.GetID() in self._file_windows:
            set_window(self.volume, *self._file_windows[self.volume.GetID()])

    def invert(self) -> None:
        """Show black as white, or back."""
        display = self.volume.GetDisplayNode() if self.volume is not None else None
        if display is not None and display.IsA(_SCALAR_DISPLAY):
            display.SetAndObserveColorNodeID(_INVERTED if self.is_on("window.invert") else _GRAY)

    @property
    def is_inverted(self) -> bool:
        """Whether the image is shown inverted."""
        display = self.volume.GetDisplayNode() if self.volume is not None else None
        return display is not None and display.GetColorNodeID() == _INVERTED

    # ------------------------------------------------------------------ handlers by action

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what each action of the views does."""
        found: dict[str, Callable[[], object]] = {
            "view.fit": self.fit,
            "view.native": self.turn_to_image_axes,
            "view.link": self.link,
            "view.interpolate": self.interpolate,
            "view.crosshair": self.show_crosshair,
            "view.letters": self.refresh,
            "view.corners": self.refresh,
            "view.patient": self.refresh,
            "view.planes": self.show_planes,
            "view.maximize": self.maximize,
            "window.auto": self.set_auto,
            "window.file": self.set_from_file,
            "window.full": self.set_full,
            "window.invert": self.invert,
            "navigate.next": lambda: self.scroll(1),
            "navigate.previous": lambda: self.scroll(-1),
            "navigate.forward": lambda: self.scroll(10),
            "navigate.back": lambda: self.scroll(-10),
            "navigate.first": lambda: self.active_slice.scroll_to_end(False),
            "navigate.last": lambda: self.active_slice.scroll_to_end(True),
            "navigate.zoom_in": lambda: self.zoom(True),
            "navigate.zoom_out": lambda: self.zoom(False),
            "navigate.left": lambda: self.move(-1, 0),
            "navigate.right": lambda: self.move(1, 0),
            "navigate.up": lambda: self.move(0, -1),
            "navigate.down": lambda: self.move(0, 1),
            "navigate.view": self.next_view,
        }
        for preset in CT_PRESETS:
            found[f"window.ct.{preset.id}"] = partial(self.set_preset, preset.id)
        for side in DIRECTIONS:
            found[f"view.from.{side}"] = partial(self.look_from, side)
        for name in SLICE_VIEWS:
            found[f"view.main.{name}"] = partial(self.choose_main, name)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all views."""
        return (*self.slices, VOLUME)


_SCALAR_DISPLAY = "vtkMRMLScalarVolumeDisplayNode"
