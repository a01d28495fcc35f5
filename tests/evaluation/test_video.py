import subprocess

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from rewardlab.envs import gl
from rewardlab.envs.tasks import task
from rewardlab.errors import RenderError
from rewardlab.evaluation import video
from rewardlab.evaluation.caption import MAX_WIDTH, STRIP, caption

draws = pytest.mark.skipif(not gl.choose().works, reason="no OpenGL here")


class Still:
    def predict(self, obs):
        return np.zeros((len(obs), 4), np.float32)


def frames(path, width, height):
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(
        [get_ffmpeg_exe(), "-i", str(path), *raw], capture_output=True, check=True
    )
    pictures = np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)
    return pictures, done.stderr.decode()


def test_a_clip_is_h264_in_yuv420p_that_decodes_to_its_frames(tmp_path):
    path = tmp_path / "clip.mp4"
    shades = [np.full((65, 97, 3), 8 * i, np.uint8) for i in range(30)]
    video.write_clip(path, (caption(s, "goal", "label", None) for s in shades))
    decoded, told = frames(path, 98, 66 + STRIP)
    assert all(word in told for word in ("Video: h264", "yuv420p", f"98x{66 + STRIP}", "30 fps"))
    assert len(decoded) == 30
    body = [float(frame[STRIP + 4 : -4, 4:-4].mean()) for frame in decoded]
    np.testing.assert_allclose(body, [8 * i for i in range(30)], atol=6)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_clip_that_cannot_be_written_is_refused_in_one_line_and_leaves_nothing(tmp_path):
    shades = iter([np.zeros((64, 64, 3), np.uint8)] * 90)
    with pytest.raises(RenderError, match="cannot encode") as caught:
        video.write_clip(tmp_path / "none" / "clip.mp4", shades)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_environment_that_fails_midway_leaves_no_clip(tmp_path):
    def broken():
        yield np.zeros((64, 64, 3), np.uint8)
        raise RenderError("no more")

    with pytest.raises(RenderError, match="no more"):
        video.write_clip(tmp_path / "clip.mp4", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_caption_holds_long_goals_and_says_how_it_went():
    picture = np.zeros((100, 300, 3), np.uint8)
    said = {
        key: caption(picture, "word " * 99, "episode 1", success, over=over)
        for key, success, over in (
            ("solved", True, False), ("failed", False, True), ("open", False, False),
            ("no signal", None, False),
        )
    }  # fmt: skip
    shown = {key: image[:STRIP] for key, image in said.items()}
    assert len({image.tobytes() for image in shown.values()}) == 4
    assert all(image.shape == (100 + STRIP, 300, 3) for image in said.values())


def test_large_pictures_are_scaled_down():
    image = caption(np.zeros((1001, 2001, 3), np.uint8), "goal", "label", None)
    assert image.shape[1] == MAX_WIDTH
    assert image.shape[0] % 2 == 0


def test_a_file_that_is_no_video_has_no_poster(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"nothing")
    assert video.poster(tmp_path / "bad.mp4") == b""


@draws
def test_a_task_is_filmed_upright_and_small(tmp_path):
    path = tmp_path / "video.mp4"
    filmed = []
    video.record(
        Still(), task("metaworld/drawer-close"), path, seed=0, episodes=1, on_episode=filmed.append
    )
    assert filmed == [1]
    shown, _ = frames(path, 480, 480 + STRIP)
    assert len(shown) / video.FPS == pytest.approx(video.SHORTEST_S + video.AFTER_S, abs=0.1)
    assert path.stat().st_size < 300_000
    picture = shown[0][STRIP:].astype(float)
    red = (picture[..., 0] > 90) & (picture[..., 1] < 60) & (picture[..., 2] < 60)
    assert red.sum() > 2000, "the red robot is not in the picture"
    wood = (picture[..., 0] - picture[..., 2] > 20) & (picture[..., 1] > 60) & ~red
    top = np.nonzero(red.any(axis=1))[0][0]
    assert top < np.nonzero(wood.sum(axis=1) > 20)[0].mean(), "the robot hangs from the table"
    assert video.poster(path)[:2] == b"\xff\xd8"


def test_without_opengl_a_video_is_refused_with_the_remedy(monkeypatch, tmp_path):
    none = gl.Gl("none", False, "no OpenGL works here; apt-get install libosmesa6")
    monkeypatch.setattr(gl, "choose", lambda: none)
    with pytest.raises(RenderError, match="apt-get install"):
        video.record(Still(), task("metaworld/drawer-close"), tmp_path / "video.mp4", seed=0)
