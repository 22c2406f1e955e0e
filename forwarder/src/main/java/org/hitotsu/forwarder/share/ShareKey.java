package org.hitotsu.forwarder.share;

import org.hitotsu.forwarder.share.proto.ShareMessage;

/**
 * Names a share in the cluster.
 *
 * @param origin node id of its origin
 * @param id number the origin gave it, positive
 * @param epoch incarnation: which program image of the process this is
 */
public record ShareKey(int origin, long id, long epoch) {
    public ShareMessage.Builder message() {
        return ShareMessage.newBuilder().setOrigin(origin).setShareId(id).setEpoch(epoch);
    }

    static ShareKey of(ShareMessage message) {
        return new ShareKey(message.getOrigin(), message.getShareId(), message.getEpoch());
    }
}
