"""Write an XMP packet that says that a trained model made a sound.

Source: IPTC Photo Metadata Standard 2023.1, `Iptc4xmpExt:DigitalSourceType`; ISO 16684-1.
"""

from xml.sax.saxutils import escape, quoteattr

from reverie.audio.tags import Tags


def xmp_packet(tags: Tags) -> bytes:
    """Return the title, the comment, the program and the digital source type as XMP, in UTF-8."""
    title, comment = escape(tags.get("TITLE", "")), escape(tags.get("COMMENT", ""))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f" xmp:CreatorTool={quoteattr(tags.get('SOFTWARE', ''))}"
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(tags.get('DIGITALSOURCETYPE', ''))}>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{comment}</rdf:li></rdf:Alt></dc:description>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()
