package org.hitotsu.forwarder.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.wire.proto.Ping;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameCodecTest {

    private record Received(WireHeader header, byte[] payload) {}

    private final List<Received> received = new ArrayList<>();
    private final FrameDecoder decoder =
            new FrameDecoder(FrameFormat.MAX_TOTAL_BYTES, (header, frame, offset, length) -> {
                byte[] payload = new byte[length];
                System.arraycopy(frame, offset, payload, 0, length);
                received.add(new Received(header, payload));
            });

    private static ByteBuf frame(long sequence, ShareMessage message, Payload payload) {
        ByteBuf out = Unpooled.buffer();
        new FrameEncoder().encode(out, sequence, WireHeader.SHARE_FIELD_NUMBER, message, payload);
        return out;
    }

    private static ShareMessage share(long id) {
        return ShareMessage.newBuilder().setShareId(id).setEpoch(7).build();
    }

    @Test
    void headerIsWhatProtobufWouldWrite() {
        byte[] page = new byte[4096];
        new Random(1).nextBytes(page);
        ByteBuf out = frame(300, share(42), Payload.of(page));

        byte[] header = WireHeader.newBuilder()
                .setSequence(300)
                .setShare(share(42))
                .build()
                .toByteArray();
        assertThat(out.readInt()).isEqualTo(4 + header.length + page.length);
        assertThat(out.readInt()).isEqualTo(header.length);
        byte[] written = new byte[header.length];
        out.readBytes(written);
        assertThat(written).isEqualTo(header);
        assertThat(out.readableBytes()).isEqualTo(page.length);
    }

    @Test
    void payloadIsTheSlicesInOrder() throws Exception {
        byte[] bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        Payload payload =
                Payload.withCapacity(1).add(bytes, 8, 2).add(bytes, 0, 0).add(bytes, 3, 4);
        assertThat(payload.length()).isEqualTo(6);

        decoder.feed(frame(0, share(1), payload));

        assertThat(received.get(0).payload()).containsExactly(8, 9, 3, 4, 5, 6);
    }

    @Test
    void emptyPayloadIsSharedAndCannotBeAddedTo() {
        assertThatThrownBy(() -> Payload.EMPTY.add(new byte[1], 0, 1))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> Payload.withCapacity(1).add(new byte[4], 2, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** Whatever the pieces the stream comes in, the frames are the same. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyFragmentationGivesTheSameFrames(long seed) throws Exception {
        Random random = new Random(seed);
        List<byte[]> payloads = new ArrayList<>();
        ByteBuf stream = Unpooled.buffer();
        FrameEncoder encoder = new FrameEncoder();
        for (int i = 0; i < 300; i++) {
            byte[] payload = new byte[random.nextInt(4) == 0 ? random.nextInt(70_000) : random.nextInt(5)];
            random.nextBytes(payload);
            payloads.add(payload);
            encoder.encode(stream, i, WireHeader.SHARE_FIELD_NUMBER, share(i), Payload.of(payload));
        }

        int largest = 1 << random.nextInt(17);
        while (stream.isReadable()) {
            decoder.feed(stream.readSlice(Math.min(stream.readableBytes(), 1 + random.nextInt(largest))));
        }

        assertThat(received).hasSize(payloads.size());
        for (int i = 0; i < payloads.size(); i++) {
            assertThat(received.get(i).header().getShare().getShareId()).isEqualTo(i);
            assertThat(received.get(i).payload()).isEqualTo(payloads.get(i));
        }
    }

    /** Bytes turned over at random give frames or a MalformedFrameException, and nothing after it. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void damagedStreamsAreRefusedNotMisread(long seed) {
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 200; round++) {
            ByteBuf stream = Unpooled.buffer();
            FrameEncoder encoder = new FrameEncoder();
            for (int i = 0; i < 4; i++) {
                encoder.encode(stream, i, WireHeader.SHARE_FIELD_NUMBER, share(i), Payload.of(new byte[8]));
            }
            int at = random.nextInt(stream.readableBytes());
            stream.setByte(at, stream.getByte(at) ^ (1 << random.nextInt(8)));
            int[] count = {0};
            FrameDecoder fuzzed = new FrameDecoder(1 << 16, (h, f, o, l) -> count[0]++);
            try {
                fuzzed.feed(stream.duplicate());
                assertThat(count[0]).isLessThanOrEqualTo(4);
            } catch (MalformedFrameException e) {
                refused++;
                int before = count[0];
                assertThat(e.getMessage()).isNotEmpty();
                feedQuietly(fuzzed, stream.duplicate());
                assertThat(count[0]).isEqualTo(before);
            }
        }
        assertThat(refused).isPositive();
    }

    private static void feedQuietly(FrameDecoder decoder, ByteBuf bytes) {
        try {
            decoder.feed(bytes);
        } catch (MalformedFrameException e) {
            throw new AssertionError("a stopped decoder must discard", e);
        }
    }

    @Test
    void lengthsAreChecked() {
        assertThatThrownBy(() -> decoder.feed(Unpooled.buffer().writeInt(FrameFormat.MAX_TOTAL_BYTES + 1)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("16777217");
        FrameDecoder second = new FrameDecoder(64, (h, f, o, l) -> {});
        assertThatThrownBy(() -> second.feed(Unpooled.buffer().writeInt(3)))
                .isInstanceOf(MalformedFrameException.class);
        FrameDecoder third = new FrameDecoder(64, (h, f, o, l) -> {});
        assertThatThrownBy(() -> third.feed(Unpooled.buffer().writeInt(-1)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("4294967295");
        FrameDecoder fourth = new FrameDecoder(64, (h, f, o, l) -> {});
        assertThatThrownBy(() ->
                        fourth.feed(Unpooled.buffer().writeInt(8).writeInt(5).writeInt(0)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("header of 5 bytes");
    }

    @Test
    void gapInTheSequenceIsMalformed() throws Exception {
        decoder.feed(frame(0, share(1), Payload.EMPTY));
        assertThatThrownBy(() -> decoder.feed(frame(2, share(2), Payload.EMPTY)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("frame 2 came where 1 was due");
    }

    @Test
    void headerWithoutBodyIsMalformed() {
        assertThatThrownBy(() -> decoder.feed(Unpooled.buffer().writeInt(4).writeInt(0)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("no body");
    }

    @Test
    void tooLargeFrameIsRefusedBeforeItIsWritten() {
        ByteBuf out = Unpooled.buffer();
        assertThatThrownBy(() -> new FrameEncoder()
                        .encode(
                                out,
                                0,
                                WireHeader.PING_FIELD_NUMBER,
                                Ping.getDefaultInstance(),
                                Payload.of(new byte[FrameFormat.MAX_TOTAL_BYTES])))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(out.isReadable()).isFalse();
    }
}
