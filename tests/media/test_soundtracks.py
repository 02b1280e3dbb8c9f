"""Which of several audio tracks is listened to, and what is said where another could have been meant."""

import binascii
import itertools
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
import pytest

from slceleb_core.errors import OneVideoError
from slceleb_core.media import AudioTrack, MediaClipper, probe
from slceleb_core.media.languages import language_of
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.types import WHOLE

RATE = 16_000
PACKET = 188
"""Bytes of a packet of a transport stream (ISO/IEC 13818-1)."""

Disposition = av.stream.Disposition


@dataclass
class Track:
    """An audio track: a tone of its own pitch, or what `samples` says."""

    hertz: float = 440.0
    language: str = ""
    title: str = ""
    disposition: Disposition = Disposition.default
    bit_rate: int = 64_000
    codec: str = "aac"
    samples: np.ndarray | None = None


def tone(hertz, seconds=2.0):
    return (8_000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.int16)


def write_tracks(path, tracks, pictures=10, options=None, size=(64, 48), spoilt=()):
    """Write a video with audio tracks; the packets of those in `spoilt` hold noise."""
    with av.open(str(path), "w", options=options or {}) as container:
        packets = []
        if pictures:
            video = container.add_stream("libx264", rate=25)
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
        for track in tracks:
            track.stream = container.add_stream(track.codec, rate=RATE, layout="mono")
            track.stream.codec_context.bit_rate = track.bit_rate
            if track.language:
                track.stream.metadata["language"] = track.language
            if track.title:
                track.stream.metadata["title"] = track.title
            track.stream.disposition = track.disposition
        for number in range(pictures):
            picture = np.random.default_rng(number).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += video.encode(frame)
        packets += video.encode(None) if pictures else []
        for number, track in enumerate(tracks):
            samples = tone(track.hertz) if track.samples is None else track.samples
            for first in range(0, len(samples), 1024):
                frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
                packets += spoil(track.stream.encode(frame), number in spoilt)
            packets += spoil(track.stream.encode(None), number in spoilt)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def spoil(packets, really):
    """Return packets of noise in place of those given, as an encrypted track has them."""
    if not really:
        return packets
    made = []
    for packet in packets:
        noise = av.Packet(np.random.default_rng(packet.size).integers(0, 255, packet.size, dtype=np.uint8).tobytes())
        noise.pts, noise.dts, noise.time_base, noise.duration = (
            packet.pts,
            packet.dts,
            packet.time_base,
            packet.duration,
        )
        noise.stream = packet.stream
        made.append(noise)
    return made


def heard(path, part=WHOLE, wanted=""):
    """Return the pitch that is heard, the track, and the warnings."""
    with AudioTrack.decode(path, part, choose_sound(path, wanted)) as track:
        return pitch(track.span(0.5, 1.5).samples, RATE), track.source, track.warnings


def pitch(samples, rate):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return round(int(spectrum.argmax()) * rate / len(samples))


ENGLISH, FRENCH = Track(440, "eng"), Track(880, "fra", bit_rate=192_000)


def test_the_first_of_several_default_tracks_is_heard_whatever_the_bit_rates(tmp_path):
    path = write_tracks(tmp_path / "dubbed.mov", [ENGLISH, FRENCH])
    hertz, source, warnings = heard(path)
    assert (hertz, source.number, source.language, source.taken_as) == (440, 1, "eng", "default")
    assert len(warnings) == 1
    assert "audio track 1 (aac, eng, mono, default) was taken, there is also 2 (aac, fra, mono, default)" in warnings[0]
    assert "--audio-track" in warnings[0]


@pytest.mark.parametrize("wanted", ["2", "fra", "fr", "fre", "fr-CA", "FR"])
def test_another_track_is_heard_where_it_is_asked_for(tmp_path, wanted):
    path = write_tracks(tmp_path / "dubbed.mkv", [ENGLISH, FRENCH])
    hertz, source, warnings = heard(path, wanted=wanted)
    assert (hertz, source.number, source.taken_as, warnings) == (880, 2, "asked for", [])


@pytest.mark.parametrize("wanted", ["3", "0", "ita", "nonsense"])
def test_a_track_that_is_not_there_is_one_line_that_says_which_are(tmp_path, wanted):
    path = write_tracks(tmp_path / "dubbed.mkv", [ENGLISH, Track(880, "fra", "Doublage")])
    with pytest.raises(OneVideoError) as caught:
        choose_sound(path, wanted)
    assert f"there is no audio track '{wanted}'" in caught.value.message
    assert '1 (aac, eng, mono, default), 2 "Doublage" (aac, fra, mono, default)' in caught.value.message


def test_a_track_asked_for_in_a_file_without_sound_is_one_line(make, tmp_path):
    path = make.write(tmp_path / "silent.mp4", [0, 0.04])
    assert choose_sound(path).track is None
    with pytest.raises(OneVideoError, match="it has none"):
        choose_sound(path, "eng")


def test_a_track_that_is_marked_default_goes_before_the_first(tmp_path):
    first, second = Track(440, disposition=Disposition(0)), Track(880, disposition=Disposition.default)
    hertz, source, warnings = heard(write_tracks(tmp_path / "s.mkv", [first, second]))
    assert (hertz, source.taken_as, warnings) == (880, "default", [])


@pytest.mark.parametrize("role", [Disposition.comment, Disposition.visual_impaired, Disposition.dub])
def test_commentary_description_and_dub_are_heard_only_where_they_are_asked_for(tmp_path, role):
    first, second = Track(440, "eng", disposition=role | Disposition.default), Track(880, "eng")
    path = write_tracks(tmp_path / "s.mkv", [first, second])
    assert heard(path)[0] == 880
    assert heard(path, wanted="1")[0] == 440
    assert heard(path, wanted="en")[0] == 880


def test_a_sole_track_that_says_it_is_a_commentary_is_heard_with_a_warning(tmp_path):
    hertz, _, warnings = heard(write_tracks(tmp_path / "s.mkv", [Track(440, "eng", "Director's commentary")]))
    assert hertz == 440
    assert "may not be the voices of those who are seen" in warnings[0]


def test_tracks_of_one_language_are_no_reason_to_warn(tmp_path):
    assert heard(write_tracks(tmp_path / "s.mkv", [Track(440, "eng"), Track(880, "en", codec="flac")]))[2] == []


@pytest.mark.parametrize(("order", "expected"), [((0, 1), 440), ((1, 0), 440)])
def test_a_track_without_a_decoder_is_passed_over(tmp_path, order, expected):
    tracks = [ENGLISH, Track(880, "eng", codec="pcm_s16le")]
    path = write_tracks(tmp_path / "s.mov", [tracks[i] for i in order])
    # The name of the codec in the sample description, changed to one that nobody has a decoder for.
    path.write_bytes(path.read_bytes().replace(b"sowt", b"apac"))
    odd = 1 + order.index(1)
    hertz, source, warnings = heard(path)
    assert hertz == expected
    assert source.number == 1 + order.index(0)
    assert warnings == [f"audio track {odd} (no decoder, eng, default) cannot be decoded, and is passed over"]
    with pytest.raises(OneVideoError, match=f"no decoder for the audio track '{odd}'"):
        choose_sound(path, str(odd))


def test_a_track_whose_packets_are_noise_is_passed_over(tmp_path):
    samples = tone(440, 8.0)
    tracks = [Track(440, "eng", samples=samples), Track(880, "eng", samples=tone(880, 8.0))]
    hertz, source, warnings = heard(write_tracks(tmp_path / "encrypted.mp4", tracks, spoilt={0}))
    assert (hertz, source.number) == (880, 2)
    assert warnings == ["audio track 1 (aac, eng, mono, default) cannot be decoded, and is passed over"]


def test_a_silent_track_is_heard_with_a_warning_where_another_is_not_silent(tmp_path):
    silent = Track(samples=np.zeros(2 * RATE, np.int16))
    _, source, warnings = heard(write_tracks(tmp_path / "obs.mkv", [silent, Track(440, title="Mic")]))
    assert source.number == 1
    assert warnings[0].startswith('audio track 1 (aac, mono, default) is silent, but not 2 "Mic" (aac, mono')
    assert heard(write_tracks(tmp_path / "two.mkv", [silent, replace(silent)]))[2] == []


def test_clips_are_cut_from_the_track_that_is_heard(tmp_path):
    path = write_tracks(tmp_path / "dubbed.mkv", [ENGLISH, FRENCH], pictures=50)
    with AudioTrack.decode(path, choice=choose_sound(path, "fra")) as track:
        clipper = MediaClipper(path, track)
        clipper.cut_audio(0.5, 1.5, tmp_path / "clip.wav")
        clipper.cut_video(0.5, 1.5, tmp_path / "clip.mp4")
    for name in ("clip.wav", "clip.mp4"):
        with av.open(str(tmp_path / name)) as clip:
            samples = np.concatenate([frame.to_ndarray()[0] for frame in clip.decode(audio=0)])
        assert pitch(samples[:RATE], RATE) == pytest.approx(880, abs=2)


def pid_of(packet):
    return (packet[1] & 31) << 8 | packet[2]


def checksum(section):
    """CRC-32/MPEG-2 (ISO/IEC 13818-1, annex A)."""
    crc = 0xFFFFFFFF
    for byte in section:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc.to_bytes(4, "big")


def association(programmes, count):
    """Return a packet with the programme association table: programme numbers, and the PIDs of their maps."""
    body = b"".join(number.to_bytes(2, "big") + (0xE000 | pid).to_bytes(2, "big") for number, pid in programmes)
    section = b"\0" + (0xB000 | 9 + len(body)).to_bytes(2, "big") + b"\0\1\xc1\0\0" + body
    return (b"\x47\x40\0" + bytes([0x10 | count & 15]) + b"\0" + section + checksum(section)).ljust(PACKET, b"\xff")


def multiplex(path, programmes):
    """Write a transport stream of several programmes, each a list of audio tracks and a number of pictures."""
    streams, table = [], []
    for number, (tracks, pictures, size) in enumerate(programmes, start=1):
        alone = path.with_name(f"{number}.ts")
        table.append((number, 0x1000 + number))
        options = {"mpegts_service_id": number, "mpegts_start_pid": 0x100 * number}
        options = {name: str(value) for name, value in options.items()} | {"mpegts_pmt_start_pid": str(table[-1][1])}
        content = write_tracks(alone, tracks, pictures, options, size).read_bytes()
        streams.append([content[at : at + PACKET] for at in range(0, len(content), PACKET)])
    packets, count = [], 0
    for row in itertools.zip_longest(*streams):
        for packet in (packet for packet in row if packet is not None and pid_of(packet) != 0x11):  # less the names
            if pid_of(packet) == 0:
                packets += [association(table, count)] if packet is row[0] else []
                count += packet is row[0]
            else:
                packets.append(packet)
    path.write_bytes(b"".join(packets))
    return path


RADIO, SMALL = ([Track(330, "ita", bit_rate=192_000)], 0, (64, 48)), (64, 48)


def test_only_the_programme_of_the_picture_is_heard(tmp_path):
    two = [Track(440, "deu"), Track(880, "fra", bit_rate=192_000)]
    path = multiplex(tmp_path / "many.ts", [RADIO, (two, 50, (128, 96)), ([Track(660, "spa")], 10, SMALL)])
    hertz, source, warnings = heard(path)
    assert (probe(path).width, hertz, source.number, source.taken_as) == (128, 440, 2, "first")
    assert "there is also 3 (aac, fra, mono): " in warnings[0]
    assert heard(path, wanted="4")[0] == 660
    assert heard(path, wanted="it")[0] == 330


def test_a_picture_whose_programme_has_no_sound_has_none(tmp_path):
    path = multiplex(tmp_path / "many.ts", [RADIO, ([], 50, (128, 96))])
    choice = choose_sound(path)
    assert choice.track is None
    assert choice.warnings == ("audio track 1 (aac, ita, mono) belongs to another programme",)
    assert not probe(path).has_audio


def test_sound_that_nothing_is_known_of_is_not_said_to_be_of_another_programme(tmp_path):
    path = write_tracks(tmp_path / "noise.ts", [Track(440)], pictures=50, spoilt=(0,))
    assert not [line for line in choose_sound(path).warnings if "programme" in line]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("en", "eng"),
        ("en-US", "eng"),
        ("ENG", "eng"),
        ("ger", "deu"),
        ("de_AT", "deu"),
        ("zh-Hans", "zho"),
        ("und", ""),
    ],
)
def test_languages_are_known_by_any_of_their_codes(written, expected):
    assert language_of(written) == expected


def test_crc_is_that_of_the_standard():
    assert binascii.hexlify(checksum(b"123456789")) == b"0376e6e7"
