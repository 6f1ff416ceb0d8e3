"""What a browser says it is, in words everybody knows. Only a hint: a browser may say anything."""

_SYSTEMS = (
    ("iphone", "苹果手机"),
    ("ipad", "苹果平板"),
    ("harmonyos", "鸿蒙手机"),
    ("android", "安卓手机"),
    ("windows", "Windows 电脑"),
    ("mac os", "苹果电脑"),
    ("linux", "Linux 电脑"),
)
#: The first that fits: most browsers name others of which they are made.
_BROWSERS = (
    ("micromessenger", "微信"),
    ("dingtalk", "钉钉"),
    ("edg", "Edge 浏览器"),
    ("qqbrowser", "QQ 浏览器"),
    ("firefox", "火狐浏览器"),
    ("chrome", "谷歌或国产浏览器"),
    ("safari", "Safari 浏览器"),
)
UNKNOWN = "未知设备"


def device_words(user_agent: str) -> str:
    """安卓手机 · 微信; 未知设备 where nothing is recognised."""
    said = user_agent.casefold()
    found = [next((words for mark, words in kinds if mark in said), "") for kinds in (_SYSTEMS, _BROWSERS)]
    return " · ".join(one for one in found if one) or UNKNOWN
