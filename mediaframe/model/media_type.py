"""One table of formats: word, media type, kind and extensions; found by content, by name and by word."""

from __future__ import annotations

from dataclasses import dataclass

from mediaframe.model.kind import Kind
from mediaframe.model.sniff import format_of


@dataclass(frozen=True, slots=True)
class MediaType:
    """What a format is called, here and elsewhere."""

    format: str
    """The word of ours, such as "jpeg"."""
    media_type: str
    """The media type, such as "image/jpeg"."""
    kind: Kind
    extensions: tuple[str, ...]
    """Extensions without the dot, the usual one first."""
    family: str = ""
    """Formats of one family may bear each other's extensions: an `.mp4` may well be QuickTime inside."""


def _rows(kind: Kind, text: str) -> list[MediaType]:
    """Read lines of `format media/type ext,ext [family]`."""
    rows = []
    for line in text.split("\n"):
        if line.strip():
            word, media_type, extensions, *family = line.split()
            rows.append(MediaType(word, media_type, kind, tuple(extensions.split(",")), (family or [word])[0]))
    return rows


_IMAGES = """
    jpeg image/jpeg jpg,jpeg,jpe,jfif,jif
    mpo  image/mpo mpo jpeg
    png  image/png png
    apng image/apng apng png
    webp image/webp webp
    gif  image/gif gif
    avif image/avif avif,avifs
    heic image/heic heic,heif,hif,heics,heifs
    tiff image/tiff tif,tiff,svs,btf,tf8,geotiff tiff
    bmp  image/bmp bmp,dib
    svg  image/svg+xml svg svg
    svgz image/svg+xml svgz svg
    jxl  image/jxl jxl
    jp2  image/jp2 jp2,jpx,jpf,jpm jp2
    j2k  image/j2c j2k,j2c,jpc jp2
    ico  image/x-icon ico ico
    cur  image/x-win-bitmap cur ico
    psd  image/vnd.adobe.photoshop psd,psb
    dds  image/vnd-ms.dds dds
    qoi  image/qoi qoi
    tga  image/x-tga tga,icb,vda,vst
    ppm  image/x-portable-anymap ppm,pgm,pbm,pnm,pam,pfm
    exr  image/x-exr exr
    hdr  image/vnd.radiance hdr,rgbe
    sgi  image/x-sgi sgi,rgb,rgba,bw
    dcm  application/dicom dcm,dicom
    xpm  image/x-xpixmap xpm
    emf  image/emf emf
    wmf  image/wmf wmf
    blp  image/x-blp blp
    wal  image/x-quake-wal wal
    eps  application/postscript eps,ps,epsf
    cr2  image/x-canon-cr2 cr2 tiff
    cr3  image/x-canon-cr3 cr3
    nef  image/x-nikon-nef nef,nrw tiff
    arw  image/x-sony-arw arw,sr2 tiff
    dng  image/x-adobe-dng dng tiff
    orf  image/x-olympus-orf orf tiff
    rw2  image/x-panasonic-rw2 rw2 tiff
    raf  image/x-fuji-raf raf
"""

_VIDEOS = """
    mp4  video/mp4 mp4,m4v,f4v isobmff
    mov  video/quicktime mov,qt isobmff
    3gp  video/3gpp 3gp,3g2,3gpp isobmff
    webm video/webm webm matroska
    mkv  video/x-matroska mkv,mk3d,mka,mks matroska
    avi  video/x-msvideo avi
    ogv  video/ogg ogv,ogm,ogx ogg
    mpeg video/mpeg mpg,mpeg,mpe,m1v,m2v,vob
    mpegts video/mp2t ts,m2ts,mts,m2t
    flv  video/x-flv flv
    wmv  video/x-ms-wmv wmv,asf asf
"""

_AUDIOS = """
    mp3  audio/mpeg mp3,mp2,mpga
    wav  audio/wav wav,wave,bwf,w64,rf64
    flac audio/flac flac
    ogg  audio/ogg ogg,oga,spx ogg
    opus audio/ogg opus ogg
    m4a  audio/mp4 m4a,m4b,m4p,m4r isobmff
    aac  audio/aac aac,adts
    aiff audio/aiff aif,aiff,aifc
    wma  audio/x-ms-wma wma asf
    amr  audio/amr amr,awb
    au   audio/basic au,snd
    mid  audio/midi mid,midi,kar
    ac3  audio/ac3 ac3
    caf  audio/x-caf caf
    ape  audio/x-ape ape
    wv   audio/x-wavpack wv
"""

_DOCUMENTS = """
    pdf  application/pdf pdf,ai
    docx application/vnd.openxmlformats-officedocument.wordprocessingml.document docx,docm,dotx
    xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx,xlsm,xltx
    pptx application/vnd.openxmlformats-officedocument.presentationml.presentation pptx,pptm,ppsx,potx
    vsdx application/vnd.ms-visio.drawing.main+xml vsdx,vsdm
    odt  application/vnd.oasis.opendocument.text odt,ott
    ods  application/vnd.oasis.opendocument.spreadsheet ods,ots
    odp  application/vnd.oasis.opendocument.presentation odp,otp
    odg  application/vnd.oasis.opendocument.graphics odg
    epub application/epub+zip epub
    doc  application/msword doc,dot ole
    xls  application/vnd.ms-excel xls,xlt ole
    ppt  application/vnd.ms-powerpoint ppt,pps,pot ole
    ole  application/x-ole-storage msg,vsd,pub,mpp ole
    rtf  application/rtf rtf text
    txt  text/plain txt,text,log,ini,srt,vtt,py,yml,yaml,toml text
    csv  text/csv csv,tsv,tab text
    md   text/markdown md,markdown text
    html text/html html,htm,xhtml text
    xml  application/xml xml,xsd,xsl,rss,kml,gpx text
    json application/json json,ndjson,jsonl,geojson text
    eml  message/rfc822 eml text
    m3u8 application/vnd.apple.mpegurl m3u8,m3u
"""

_ARCHIVES = """
    zip  application/zip zip,jar,cbz,apk
    7z   application/x-7z-compressed 7z,cb7
    rar  application/vnd.rar rar,cbr
    tar  application/x-tar tar
    tar.gz application/gzip tar.gz,tgz gz
    tar.bz2 application/x-bzip2 tar.bz2,tbz2,tbz bz2
    tar.xz application/x-xz tar.xz,txz xz
    tar.z application/x-compress tar.z,z,taz
    gz   application/gzip gz gz
    bz2  application/x-bzip2 bz2 bz2
    xz   application/x-xz xz xz
    zst  application/zstd zst
    cab  application/vnd.ms-cab-compressed cab
    cpio application/x-cpio cpio
    iso  application/x-iso9660-image iso
"""

TABLE: tuple[MediaType, ...] = (
    *_rows("image", _IMAGES),
    *_rows("video", _VIDEOS),
    *_rows("audio", _AUDIOS),
    *_rows("document", _DOCUMENTS),
    *_rows("archive", _ARCHIVES),
)
"""All formats that are known by name or by content."""

_BY_WORD = {one.format: one for one in TABLE}
_BY_EXTENSION = {extension: one for one in TABLE for extension in one.extensions}


def sniff(head: bytes) -> MediaType | None:
    """Say what a file is by its first bytes (64 KB are enough), or None where nothing is recognized.

    A playlist is a document: it is a text that names other files.

    >>> sniff(b"GIF89a").media_type, sniff(b"#EXTM3U").kind, sniff(bytes(9))
    ('image/gif', 'document', None)
    """
    word = format_of(head)
    return _BY_WORD[word] if word else None


def by_word(word: str) -> MediaType:
    """Give the entry of a format word; a KeyError where there is none.

    >>> by_word("jpeg").media_type
    'image/jpeg'
    """
    return _BY_WORD[word]


def by_name(name: str) -> MediaType | None:
    """Guess from a file name alone.

    >>> by_name("a/b/IMG_1.JPG").format, by_name("x.tar.gz").format, by_name("README")
    ('jpeg', 'tar.gz', None)
    """
    parts = name.rpartition("/")[2].lower().split(".")[1:]
    return _BY_EXTENSION.get(".".join(parts[-2:])) or _BY_EXTENSION.get(parts[-1] if parts else "")


def contradicts(name: str, found: MediaType) -> bool:
    """Whether the extension of a name says something else than the content.

    >>> contradicts("a.png", by_word("jpeg")), contradicts("a.mp4", by_word("mov"))
    (True, False)
    """
    named = by_name(name)
    if named is None or (named.format == "mpegts" and found.family == "text"):  # `.ts` is TypeScript as well
        return False
    return named.family != found.family
