"""What does it cost the gateway to tell a room, beside plain loops on one stream?"""
